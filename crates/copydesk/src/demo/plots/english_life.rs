//! What happens in the English-speaking part of the demo's country: work, health and land.

use super::Plot;

pub static PLOTS: &[Plot] = &[
    Plot {
        theme: "Business",
        numbers: [(45, 190), (8, 32), (11, 44), (600, 2_900)],
        titles: &[
            "{firm} to make batteries for ferries in {town}",
            "{a} new jobs as {firm} takes over the old mill in {town}",
            "{town} wins a factory for ferry batteries",
        ],
        q1: &[
            "We came for the harbour and stayed for the people",
            "The mill had good bones, it only wanted a reason to stand",
        ],
        q2: &[
            "These are jobs for which you need not leave the valley",
            "I want to see the apprentices before I see the ribbon",
        ],
        beats: &[
            &[
                "{firm} will build batteries for ferries in the old paper mill of {town}, the company said on {day}.",
                "The old paper mill of {town} is to become a factory for ferry batteries, {firm} announced on {day}.",
                "Batteries instead of paper: {firm} said on {day} that it would move into the old mill of {town}.",
            ],
            &[
                "The plan brings {a} jobs and an investment of {b} million crowns over three years.",
                "Over three years {b} million crowns will be spent and {a} people hired.",
                "{a} people will find work there, and {b} million crowns will be invested in three years.",
            ],
            &[
                "“{q1},” said {person}, who heads the company.",
                "{person}, head of the company, gave a short speech on the site: “{q1}.”",
                "Asked why it had chosen the mill, company head {person} answered: “{q1}.”",
            ],
            &[
                "The first {c} batteries are meant for the ferries that cross to {town2}.",
                "Ferries on the crossing to {town2} will receive the first {c} batteries.",
                "Orders exist for {c} batteries so far, all for the crossing to {town2}.",
            ],
            &[
                "Each of them stores {d} kilowatt hours, enough for a crossing and back.",
                "With {d} kilowatt hours, one battery lasts for the crossing and the way back.",
                "One battery holds {d} kilowatt hours and takes a ferry across and home again.",
            ],
            &[
                "“{q2},” said {person2} of the metalworkers' union.",
                "{person2} spoke for the metalworkers' union: “{q2}.”",
            ],
            &[
                "The mill closed nine years ago and has since been used for flea markets and one film.",
                "Since the mill closed nine years ago it has housed flea markets and, once, a film crew.",
            ],
            &[
                "The town keeps the ground and leases it for thirty years, with a share in the profit.",
                "Under a lease of thirty years the ground stays with the town, which also shares in the profit.",
            ],
            &[
                "Training for the first twenty apprentices starts in the autumn of {year} at the vocational school.",
                "From the autumn of {year} the vocational school will train the first twenty apprentices.",
            ],
        ],
    },
    Plot {
        theme: "Health",
        numbers: [(4, 14), (31, 79), (1_900, 8_600), (15, 48)],
        titles: &[
            "Walking groups cut hospital stays in {town}, study finds",
            "A doctor's advice in {town}: go for a walk together",
            "{c} people took part in the walking study of {town}",
        ],
        q1: &["The best medicine of my career has no package", "They came for their hearts and stayed for the talk"],
        q2: &[
            "I would not have gone alone, and that is the whole secret",
            "At my age one needs an appointment to go outside",
        ],
        beats: &[
            &[
                "People who joined a walking group in {town} spent {d} per cent fewer days in hospital, a study shows.",
                "Days in hospital fell by {d} per cent among members of the walking groups in {town}, according to a study.",
                "A study from {town}, presented on {day}, links walking groups with {d} per cent fewer days in hospital.",
            ],
            &[
                "The clinic followed {c} people for {a} years, half of them in groups and half of them on their own.",
                "For {a} years the clinic watched {c} people, one half in groups, the other half without.",
                "{c} people took part for {a} years; chance decided who joined a group.",
            ],
            &[
                "“{q1},” said {person}, the doctor who began the groups.",
                "{person}, the doctor who began the groups, likes to put it simply: “{q1}.”",
                "The idea came from {person}, a family doctor. “{q1},” {last} said.",
            ],
            &[
                "The average age was {b}, and the usual route was three kilometres along the river.",
                "Most walked three kilometres along the river, at an average age of {b}.",
                "At an average age of {b}, members covered some three kilometres along the river each time.",
            ],
            &[
                "Blood pressure fell too, though less than the authors had hoped.",
                "The effect on blood pressure was there, but smaller than the authors had hoped.",
                "Blood pressure improved a little, which the authors call encouraging but not decisive.",
            ],
            &[
                "“{q2},” said {person2}, who has walked with the Thursday group from its first day.",
                "{person2} has not missed a Thursday since the first walk: “{q2}.”",
            ],
            &[
                "The authors warn that people who like company may be healthier to begin with.",
                "A weakness remains, the authors say: whoever likes company may be healthier anyway.",
            ],
            &[
                "The health fund will pay for guides in {town2} as well, beginning next spring.",
                "From next spring guides in {town2} will be paid by the health fund, too.",
            ],
            &[
                "A group costs about as much in a year as a single night in the heart ward.",
                "For the price of one night in the heart ward, a group can walk for a year.",
            ],
        ],
    },
    Plot {
        theme: "Education",
        numbers: [(12, 38), (140, 620), (3, 8), (52, 91)],
        titles: &[
            "School in {town} starts the day an hour later",
            "Pupils of {town} sleep longer and learn better",
            "Later bell at {town}: {d} per cent want to keep it",
        ],
        q1: &[
            "The first lesson used to be a room full of coats with nobody in them",
            "I have not written a single note about sleeping in class",
        ],
        q2: &[
            "We moved one bell and had to move forty buses",
            "It took a year to persuade the parents and a week to persuade the pupils",
        ],
        beats: &[
            &[
                "The secondary school of {town} will keep its later start, after a trial of {c} terms ended on {day}.",
                "After {c} terms of trial, the secondary school of {town} decided on {day} to keep its later start.",
                "Lessons at the secondary school of {town} will go on starting at nine, the school decided on {day} after {c} terms.",
            ],
            &[
                "Of {b} pupils asked, {d} per cent want to keep the new hours, and marks in the morning lessons rose.",
                "{d} per cent of the {b} pupils who were asked like the new hours, and marks in early lessons went up.",
                "A survey of {b} pupils found {d} per cent in favour; marks in the first two lessons improved.",
            ],
            &[
                "“{q1},” said {person}, who teaches mathematics.",
                "Mathematics teacher {person} noticed the change at once: “{q1}.”",
                "“{q1},” said mathematics teacher {person}, who had first been against the idea.",
            ],
            &[
                "Pupils slept {a} minutes longer on average, according to the diaries that they kept.",
                "According to their diaries, pupils gained {a} minutes of sleep a night on average.",
                "On average the diaries show {a} more minutes of sleep on school nights.",
            ],
            &[
                "Sport clubs had feared for their afternoons, and training now begins half an hour later.",
                "Training in the sport clubs starts half an hour later now, which the clubs had resisted at first.",
                "The sport clubs agreed in the end to begin training half an hour later.",
            ],
            &["“{q2},” said head teacher {person2}.", "Head teacher {person2} remembers the work behind it: “{q2}.”"],
            &[
                "For younger children the doors open at half past seven, with breakfast and a quiet room.",
                "Those who must come early find breakfast and a quiet room from half past seven.",
            ],
            &[
                "Two schools in {town2} plan to follow next year.",
                "Next year two schools in {town2} want to try the same.",
            ],
            &[
                "The university examined the trial and will publish its report with all figures in {year}.",
                "A report by the university, with all figures, is to appear in {year}.",
            ],
        ],
    },
    Plot {
        theme: "Environment",
        numbers: [(90, 460), (5, 17), (22, 68), (2_100, 7_700)],
        titles: &[
            "Storks return to the marsh of {town} after {c} years",
            "{a} hectares of marsh are wet again near {town}",
            "The marsh of {town} fills with water and with birds",
        ],
        q1: &[
            "We gave the water its bed back, and it knew where to lie",
            "I closed one ditch, and the frogs did the rest",
        ],
        q2: &[
            "My hay is poorer and my evenings are richer",
            "I was against it for ten years, and I was wrong for ten years",
        ],
        beats: &[
            &[
                "Storks have nested in the marsh near {town} for the first time in {c} years, wardens reported on {day}.",
                "For the first time in {c} years, storks are raising young in the marsh near {town}, the wardens said on {day}.",
                "Wardens in the marsh near {town} counted young storks on {day}, the first in {c} years.",
            ],
            &[
                "Since the drains were closed, {a} hectares have become wet again, and {b} pairs have built nests.",
                "{b} pairs built nests on {a} hectares that have been wet again since the drains were closed.",
                "Closing the drains brought water back to {a} hectares, and with it came {b} pairs.",
            ],
            &[
                "“{q1},” said warden {person}.",
                "Warden {person} needs few words for it: “{q1}.”",
                "“{q1},” {person} said, who has been a warden here since {town} bought the land.",
            ],
            &[
                "The wet ground also holds some {d} tonnes of carbon that would otherwise go into the air each year.",
                "Each year about {d} tonnes of carbon now stay in the ground rather than in the air.",
                "Wet again, the ground keeps back about {d} tonnes of carbon a year.",
            ],
            &[
                "Farmers on the edge of the marsh are paid for late mowing, under a contract of twenty years.",
                "Under contracts of twenty years, farmers at the edge are paid for mowing late.",
                "Those who farm at the edge mow late and are paid for it, with contracts of twenty years.",
            ],
            &[
                "“{q2},” said {person2}, a farmer from {town2}.",
                "{person2} farms near {town2} and was among the critics: “{q2}.”",
            ],
            &[
                "The works cost less than planned because a digger from the harbour was lent for the winter.",
                "A digger lent by the harbour for one winter kept the cost below the plan.",
            ],
            &[
                "A boardwalk with two hides lets visitors watch the birds from April to September.",
                "From April to September visitors can watch from two hides along a boardwalk.",
            ],
            &[
                "Mosquitoes, which many had feared, have not increased, according to traps set by {firm}.",
                "Traps set by {firm} show no more mosquitoes than before, although many had feared them.",
            ],
        ],
    },
    Plot {
        theme: "Housing",
        numbers: [(48, 210), (7, 26), (5, 12), (440, 880)],
        titles: &[
            "{a} flats to be built of timber in {town}",
            "{town} plans a timber quarter on the old goods yard",
            "Rent of {d} crowns: {town} builds on its goods yard",
        ],
        q1: &[
            "Wood goes up fast and smells good, and the neighbours will sleep",
            "We are building a street first and houses second",
        ],
        q2: &[
            "I have been on the list so long that my daughter is on it too",
            "A flat I can pay is worth more than a view",
        ],
        beats: &[
            &[
                "{town} will build {a} flats of timber on its old goods yard, the housing office announced on {day}.",
                "On the old goods yard of {town}, {a} flats of timber will be built, the housing office said on {day}.",
                "The housing office of {town} presented plans on {day} for {a} timber flats on the old goods yard.",
            ],
            &[
                "The houses have up to {c} floors, and rents begin at {d} crowns for two rooms.",
                "Two rooms will cost {d} crowns and more a month, in houses of up to {c} floors.",
                "With rents from {d} crowns for two rooms and at most {c} floors, the quarter is meant for families.",
            ],
            &[
                "“{q1},” said architect {person}.",
                "Architect {person} explained the choice of wood: “{q1}.”",
                "For {person}, the architect, the order matters: “{q1}.”",
            ],
            &[
                "Walls and ceilings are made in a hall near {town2} and put together within {b} weeks.",
                "A hall near {town2} makes the walls and ceilings, and putting them together takes {b} weeks.",
                "Within {b} weeks a house can stand, as its walls and ceilings come ready from a hall near {town2}.",
            ],
            &[
                "More than two thousand households wait for a flat of the town, twice as many as ten years ago.",
                "The waiting list of the town holds over two thousand households, twice the number of ten years ago.",
                "Twice as many households as ten years ago, more than two thousand, are waiting for such a flat.",
            ],
            &[
                "“{q2},” said {person2}, who has been waiting for six years.",
                "{person2} has been waiting for six years: “{q2}.”",
            ],
            &[
                "Cars stay in a garage at the edge, and the tracks of the goods yard become a path through the quarter.",
                "The old tracks turn into a path, and cars are kept in a garage at the edge.",
            ],
            &[
                "{firm} will heat the houses with warm water from the sewer, which is already done in the town baths.",
                "As in the town baths, the heat will come from the sewer, in a system run by {firm}.",
            ],
            &[
                "Building begins next autumn, and the first tenants are expected in {year}.",
                "The first tenants may move in during {year}, if work begins next autumn as planned.",
            ],
        ],
    },
    Plot {
        theme: "Food",
        numbers: [(26, 74), (3, 9), (4_200, 15_800), (130, 390)],
        titles: &[
            "{town} celebrates its plum harvest with {a} stalls",
            "Plums from {town} have their best year in a decade",
            "{c} visitors taste the plums of {town}",
        ],
        q1: &[
            "A dry May and a wet July, and the tree does the rest",
            "My grandfather planted them, I only carry the ladder",
        ],
        q2: &["Jam is patience with sugar", "We ran out of jars before we ran out of plums"],
        beats: &[
            &[
                "{c} people came to the plum market of {town} on {day}, more than in any year before.",
                "The plum market of {town} drew {c} people on {day}, a record.",
                "More visitors than ever, {c} in all, walked through the plum market of {town} on {day}.",
            ],
            &[
                "Growers at {a} stalls sold {d} tonnes of fruit, and most were sold out by four in the afternoon.",
                "By four in the afternoon most of the {a} stalls were empty; {d} tonnes of fruit had been sold.",
                "{d} tonnes of fruit changed hands at {a} stalls, which were nearly bare by four.",
            ],
            &[
                "“{q1},” said grower {person}.",
                "Grower {person} knows the reason for the good year: “{q1}.”",
                "“{q1},” {person} said, whose trees stand on the slope towards {town2}.",
            ],
            &[
                "The blue plum of the valley ripens late and keeps its shape in the oven, which bakers value.",
                "Bakers like the blue plum of the valley because it ripens late and keeps its shape in the oven.",
                "What makes the blue plum of the valley special is that it holds its shape in the oven.",
            ],
            &[
                "A kilogram cost {b} crowns, about as much as last year.",
                "The price, {b} crowns for a kilogram, was much the same as last year.",
                "Growers asked {b} crowns for a kilogram and so stayed with the price of last year.",
            ],
            &[
                "“{q2},” said {person2}, who won the jam prize for the third time.",
                "The jam prize went to {person2} for the third time: “{q2}.”",
            ],
            &[
                "Children pressed juice with a machine that is older than anybody at the market.",
                "The oldest machine at the market, a juice press, was worked by the youngest visitors.",
            ],
            &[
                "What is left goes to {firm}, which makes brandy and vinegar from it.",
                "{firm} buys what is left for brandy and vinegar.",
            ],
            &[
                "The growers of the valley want the name of the plum protected and will apply for it in {year}.",
                "In {year} the growers will apply to have the name of their plum protected.",
            ],
        ],
    },
];
