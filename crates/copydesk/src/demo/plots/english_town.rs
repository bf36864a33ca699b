//! What happens in the English-speaking part of the demo's country: the town and its ways.

use super::Plot;

pub static PLOTS: &[Plot] = &[
    Plot {
        theme: "Harbour",
        numbers: [(34, 88), (210, 640), (14, 29), (1_200, 4_800)],
        titles: &[
            "{town} opens its new harbour wall after {c} months of work",
            "A wall of {b} metres now shelters the harbour of {town}",
            "A calmer winter ahead for the fishing boats of {town}",
        ],
        q1: &[
            "The boats can sleep at night now, and so can we",
            "We lost a mooring every winter, and this winter we will not",
        ],
        q2: &[
            "It is the largest sum the port has ever spent on stone",
            "Every metre was argued over, and every metre was worth it",
        ],
        beats: &[
            &[
                "The port of {town} opened its new harbour wall on {day}, {c} months after the first stone was set.",
                "After {c} months of building, the new harbour wall of {town} was handed over to the port on {day}.",
                "On {day} the last crane left the quay at {town}, and the new harbour wall was declared open.",
            ],
            &[
                "The wall is {b} metres long and cost {a} million crowns, most of it paid by the regional harbour fund.",
                "It runs {b} metres into the bay and cost {a} million crowns, a bill that the regional harbour fund largely met.",
                "At {b} metres and {a} million crowns it is the biggest work in the bay for a generation.",
            ],
            &[
                "“{q1},” said harbour master {person}, who had asked for the wall since the great storms of spring.",
                "Harbour master {person} has pressed for the work since the great storms of spring. “{q1},” {last} said.",
                "“{q1},” harbour master {person} told the crowd on the quay.",
            ],
            &[
                "Some {d} people live from fishing and boat repair along this stretch of the coast.",
                "Fishing and boat repair feed about {d} people in {town} and the villages around it.",
                "Around {d} jobs in the district depend on the port, according to the harbour office.",
            ],
            &[
                "The stone came by barge from the quarry at {town2}, which kept lorries off the coast road.",
                "Barges carried the stone from the quarry at {town2}, so that the coast road stayed free of lorries.",
                "Not one lorry was needed on the coast road, since the quarry at {town2} sent its stone by barge.",
            ],
            &[
                "Engineers from {firm} tested a model of the wall in a wave tank before the design was approved.",
                "Before building began, {firm} ran the design through a wave tank and moved the outer bend twice.",
            ],
            &[
                "“{q2},” said {person2}, who chairs the harbour board.",
                "{person2}, chair of the harbour board, put it plainly: “{q2}.”",
            ],
            &[
                "A walkway along the top will be open to visitors from spring, except in high wind.",
                "Visitors may walk along the top of the wall from spring, as long as the wind allows it.",
            ],
            &[
                "The old mole stays in place and will shelter the rowing club and the ferry to {town2}.",
                "Nothing is planned for the old mole, where the rowing club and the ferry to {town2} keep their berths.",
            ],
        ],
    },
    Plot {
        theme: "Council",
        numbers: [(42, 180), (3, 9), (310, 970), (12, 31)],
        titles: &[
            "{town} council passes a budget of {a} million crowns",
            "Buses and roofs first in the new budget of {town}",
            "Council of {town} agrees on spending after a long night",
        ],
        q1: &[
            "Nobody got everything, and that is how we knew it was fair",
            "We chose the roof over the fountain, and I would do it again",
        ],
        q2: &[
            "A budget is a promise, and this one leaves the libraries out",
            "The sums are right, but the order of things is wrong",
        ],
        beats: &[
            &[
                "The council of {town} passed a budget of {a} million crowns late on {day} by a majority of {b} votes.",
                "Late on {day}, and with {b} votes to spare, the council of {town} adopted a budget of {a} million crowns.",
                "A budget of {a} million crowns was carried in the town hall of {town} on {day} with a margin of {b} votes.",
            ],
            &[
                "The largest new item is the repair of {d} school roofs, followed by night buses at the weekend.",
                "Most of the new money repairs the roofs of {d} schools; night buses at the weekend come second.",
                "Repairs to {d} school roofs head the list of new spending, ahead of weekend night buses.",
            ],
            &[
                "“{q1},” said mayor {person} after the vote.",
                "Mayor {person} left the chamber shortly before midnight. “{q1},” {last} said.",
                "For mayor {person} the result was a relief: “{q1}.”",
            ],
            &[
                "Households will pay {c} crowns a year for waste and water, which is unchanged.",
                "The yearly charge for waste and water stays at {c} crowns for a household.",
                "Charges for waste and water were left alone, at {c} crowns a year for each household.",
            ],
            &[
                "The opposition had asked for a smaller reserve and a new heating system in the central library.",
                "Opposition members wanted to touch the reserve in order to replace the heating of the central library.",
                "A motion to take money from the reserve for the heating of the central library was lost.",
            ],
            &[
                "“{q2},” said {person2}, who leads the largest opposition group.",
                "{person2} spoke for the largest opposition group: “{q2}.”",
            ],
            &[
                "The debate lasted seven hours and was followed by about sixty people in the gallery.",
                "About sixty residents sat in the gallery for a debate that went on for seven hours.",
            ],
            &[
                "An independent audit by {firm} had called the finances sound but warned of rising energy costs.",
                "Auditors from {firm} found the accounts sound, though they expect energy costs to rise.",
            ],
            &[
                "The budget takes effect in January, and the first roofs are to be finished by the summer of {year}.",
                "Work on the first roofs begins in January and should end by the summer of {year}.",
            ],
        ],
    },
    Plot {
        theme: "Weather",
        numbers: [(71, 128), (18, 64), (1_300, 7_900), (9, 38)],
        titles: &[
            "Gusts of {a} kilometres an hour bring down trees around {town}",
            "Storm leaves {c} homes near {town} without power",
            "{town} clears up after a night of wind and rain",
        ],
        q1: &[
            "We were lucky with the hour, for the streets were empty",
            "The forecast was good, and people listened to it",
        ],
        q2: &[
            "My crews have not slept, and they will not until the last lamp is on",
            "One broken line takes an hour, a broken pole takes a day",
        ],
        beats: &[
            &[
                "A storm with gusts of {a} kilometres an hour crossed {town} in the night to {day}.",
                "Gusts of up to {a} kilometres an hour were measured at {town} in the night to {day}.",
                "In the night to {day} the weather station above {town} recorded gusts of {a} kilometres an hour.",
            ],
            &[
                "About {c} homes lost power, and {b} trees blocked roads between {town} and {town2}.",
                "Fallen trees closed roads to {town2} in {b} places, and {c} homes were without power by morning.",
                "By dawn {c} homes had no electricity, and crews counted {b} fallen trees on the roads to {town2}.",
            ],
            &[
                "“{q1},” said {person} of the fire service.",
                "{person}, who led the fire service through the night, sounded relieved: “{q1}.”",
                "“{q1},” fire officer {person} said on {day} morning.",
            ],
            &[
                "Nobody was badly hurt, although {d} people were treated for cuts and bruises.",
                "{d} people had cuts and bruises looked after; no serious injury was reported.",
                "The hospital treated {d} people for minor injuries and sent all of them home.",
            ],
            &[
                "The river rose by more than a metre but stayed below the flood wall that was finished in spring.",
                "Water in the river climbed by over a metre without reaching the top of the new flood wall.",
                "The flood wall that was finished in spring held, although the river came up by more than a metre.",
            ],
            &[
                "“{q2},” said {person2}, who runs the repair teams of {firm}.",
                "{person2} runs the repair teams of {firm}. “{q2},” {last2} said.",
            ],
            &[
                "Schools stayed open, but trains to the coast ran an hour late until noon.",
                "Lessons went ahead as usual, while passengers to the coast waited up to an hour for a train.",
            ],
            &[
                "Forecasters expect the wind to ease by the evening and a dry weekend to follow.",
                "The wind should drop towards the evening, and the weekend is forecast to be dry.",
            ],
            &[
                "Residents can report fallen branches to the town, which opened a telephone line at six in the morning.",
                "Since six in the morning the town has been taking reports of fallen branches by telephone.",
            ],
        ],
    },
    Plot {
        theme: "Sport",
        numbers: [(2, 5), (4_100, 18_600), (61, 89), (11, 27)],
        titles: &[
            "{town} reach the cup final with a goal in minute {c}",
            "Late goal sends {town} past {town2} and into the final",
            "{person} strikes late as {town} win before {b} spectators",
        ],
        q1: &[
            "I did not think at all, I only heard the crowd breathe in",
            "The ball came to me, and I was too tired to do anything but shoot",
        ],
        q2: &["We played the better half, only it was the wrong half", "My players owe nobody an apology tonight"],
        beats: &[
            &[
                "{town} are in the cup final after {person} scored in minute {c} against {town2} on {day}.",
                "A goal by {person} in minute {c} on {day} put {town} into the cup final and {town2} out.",
                "With a single shot in minute {c}, {person} decided the semi-final between {town} and {town2} on {day}.",
            ],
            &[
                "The match before {b} spectators had swung back and forth, with {a} goals and a saved penalty.",
                "{b} spectators saw {a} goals, a saved penalty and a match that could have gone either way.",
                "It was the last of {a} goals on an evening that held {b} spectators in their seats to the end.",
            ],
            &[
                "“{q1},” said {last}, who has now scored {d} times this season.",
                "It was goal number {d} of the season for {last}. “{q1},” the striker said.",
                "{last}, with {d} goals this season the best scorer in the league, smiled: “{q1}.”",
            ],
            &[
                "{town2} had led at half-time after a free kick that turned on its way through the wall.",
                "A deflected free kick had given {town2} the lead at half-time.",
                "At half-time it was {town2} who were ahead, thanks to a free kick that took a lucky turn.",
            ],
            &[
                "The turning point came after an hour, when the keeper of {town} held a penalty with one hand.",
                "One save changed everything: after an hour the keeper of {town} stopped a penalty with one hand.",
                "After an hour the home keeper reached a penalty with one hand, and from then on {town} pressed.",
            ],
            &[
                "“{q2},” said {person2}, the coach of {town2}.",
                "{person2}, who coaches {town2}, was calm after the whistle: “{q2}.”",
            ],
            &[
                "Both teams finished with ten players after a quarrel near the corner flag.",
                "A quarrel near the corner flag cost each side a player shortly before the end.",
            ],
            &[
                "The final will be played in the national stadium in four weeks.",
                "In four weeks the national stadium will host the final.",
            ],
            &[
                "The club has waited since its founding year for such a match, and tickets go on sale on Monday.",
                "Tickets for the first final in the history of the club go on sale on Monday.",
            ],
        ],
    },
    Plot {
        theme: "Science",
        numbers: [(140, 980), (3, 11), (16, 47), (1_100, 6_200)],
        titles: &[
            "Researchers at {town} map {a} underwater springs",
            "Fresh water found beneath the bay of {town}",
            "{a} springs on the sea floor surprise scientists in {town}",
        ],
        q1: &[
            "We were looking for sand, and the sea floor was breathing",
            "At first we blamed the instrument, and then it happened again",
        ],
        q2: &["A spring nobody knows cannot be protected", "This water fell as rain before our grandparents were born"],
        beats: &[
            &[
                "Scientists from the institute in {town} have found {a} springs of fresh water on the floor of the bay.",
                "On the floor of the bay off {town}, researchers have counted {a} springs of fresh water.",
                "The institute in {town} presented a map on {day} that shows {a} fresh-water springs beneath the bay.",
            ],
            &[
                "The survey took {b} years and used a small boat that steers itself along {d} kilometres of lines.",
                "A small boat without crew followed {d} kilometres of lines over {b} years to draw the map.",
                "It is the result of {b} years of work and of {d} kilometres covered by a boat that steers itself.",
            ],
            &[
                "“{q1},” said {person}, who led the study.",
                "{person} led the study. “{q1},” {last} said.",
                "The first signal came by chance, as team leader {person} recalls: “{q1}.”",
            ],
            &[
                "The water is cold and almost free of salt, and it rises from depths of up to {c} metres.",
                "Measured at up to {c} metres below the surface, the water is cold and holds hardly any salt.",
                "From as deep as {c} metres comes water that is cold and nearly without salt.",
            ],
            &[
                "It fell as rain on the hills behind {town2} and needs decades to reach the sea.",
                "The team traced it to rain on the hills behind {town2}, a journey that takes decades.",
                "Chemical traces show that the rain fell on the hills near {town2} decades ago.",
            ],
            &[
                "“{q2},” said {person2}, a biologist who was not part of the study.",
                "{person2}, a biologist who took no part in the work, sees a duty: “{q2}.”",
            ],
            &[
                "Young fish gather around the springs, which may explain why the bay is so rich in life.",
                "The springs draw young fish, and that could be the reason for the richness of the bay.",
            ],
            &[
                "The map and all measurements are free to use, and {firm} has agreed to store them.",
                "All measurements are public; {firm} keeps the data at no charge.",
            ],
            &[
                "A second survey along the northern coast is planned for {year}.",
                "In {year} the boat will be sent along the northern coast.",
            ],
        ],
    },
    Plot {
        theme: "Culture",
        numbers: [(70, 240), (9, 34), (2_400, 9_700), (5, 18)],
        titles: &[
            "Old cinema of {town} reopens after {b} years",
            "{town} gets its picture house back",
            "After {b} years the lights go down again at the cinema in {town}",
        ],
        q1: &[
            "I had my first kiss in row seven, and row seven is still there",
            "A town without a dark room has nowhere to dream together",
        ],
        q2: &[
            "The plaster told us the colours, we only had to wash it",
            "We kept every chair that could still carry a person",
        ],
        beats: &[
            &[
                "The old cinema of {town} reopened on {day}, {b} years after its last film.",
                "{b} years after the last film, the doors of the old cinema in {town} opened again on {day}.",
                "On {day} the lights went down in the old cinema of {town} for the first time in {b} years.",
            ],
            &[
                "Volunteers gave {c} hours to restore the hall, which now has {a} seats and a new screen.",
                "The hall has {a} seats and a new screen, and {c} hours of unpaid work stand behind it.",
                "With {c} hours of unpaid work the hall was brought back to {a} seats and given a new screen.",
            ],
            &[
                "“{q1},” said {person}, who founded the friends of the cinema.",
                "{person} founded the friends of the cinema. “{q1},” {last} said at the opening.",
                "At the opening, {person} of the friends of the cinema had tears to wipe away: “{q1}.”",
            ],
            &[
                "The first week offers {d} films, among them a silent one with a live pianist.",
                "{d} films are on the programme of the first week, and a pianist will play to the silent one.",
                "A silent film with a live pianist is one of {d} films that will be shown in the first week.",
            ],
            &[
                "Under later paint the restorers found a ceiling with painted stars, the work of an artist from {town2}.",
                "A ceiling of painted stars by an artist from {town2} had been hidden beneath later coats of paint.",
                "The surprise of the works was a ceiling with painted stars, made by an artist from {town2}.",
            ],
            &["“{q2},” said {person2}, the architect.", "Architect {person2} praised the craftsmen: “{q2}.”"],
            &[
                "The money came from the town, from {firm} and from a sale of seats with a name on the back.",
                "{firm} and the town paid for most of it; the rest came from people who bought a seat with their name on it.",
            ],
            &[
                "Tickets cost as much as a coffee and a piece of cake, and pupils pay half.",
                "A ticket costs no more than coffee and cake, and half of that for pupils.",
            ],
            &[
                "The bar in the foyer is run by the theatre school and closes one hour after the last film.",
                "Students of the theatre school run the bar in the foyer until one hour after the last film.",
            ],
        ],
    },
    Plot {
        theme: "Transport",
        numbers: [(6, 19), (21, 58), (7_200, 26_400), (12, 45)],
        titles: &[
            "New tram line links {town} and {town2} in {b} minutes",
            "{town} and {town2} grow closer by tram",
            "First tram leaves {town} with {a} stops ahead",
        ],
        q1: &[
            "I used to leave the house in the dark, now I leave it at breakfast",
            "My car is for sale, and I am not joking",
        ],
        q2: &[
            "We expect full trams by winter and shall need more of them",
            "A line is only as good as its worst connection, and we are working on that",
        ],
        beats: &[
            &[
                "The new tram line between {town} and {town2} carried its first passengers on {day}.",
                "Passengers could ride the new tram between {town} and {town2} for the first time on {day}.",
                "Shortly after five on {day} morning the first tram left {town} for {town2}.",
            ],
            &[
                "The ride takes {b} minutes with {a} stops, about half as long as the bus.",
                "With {a} stops and {b} minutes the tram needs about half the time of the bus.",
                "{a} stops and {b} minutes lie between the two ends, roughly half of what the bus needed.",
            ],
            &[
                "“{q1},” said {person}, a nurse who took the first tram.",
                "{person}, a nurse on her way home from the night shift, was among the first on board: “{q1}.”",
                "Among the first passengers was {person}, a nurse. “{q1},” {last} said.",
            ],
            &[
                "The operator expects {c} passengers a day once the school year begins.",
                "Once school starts, {c} passengers a day are expected.",
                "Planners count on {c} passengers on a school day.",
            ],
            &[
                "A tram leaves every {d} minutes in the day, and once an hour at night.",
                "By day there is a tram every {d} minutes; at night it is one an hour.",
                "The timetable offers a tram every {d} minutes by day and an hourly one by night.",
            ],
            &["“{q2},” said {person2}, who runs the network.", "{person2}, head of the network, looks ahead: “{q2}.”"],
            &[
                "Works had been delayed for a year by a Roman well under the market square, which can now be seen through glass.",
                "A Roman well beneath the market square held the works up for a year; today it lies under a pane of glass.",
            ],
            &[
                "The cars were built by {firm} and have low floors along their whole length.",
                "{firm} built the cars, which can be entered without a step at every door.",
            ],
            &[
                "Until the end of the month the ride is free, and shopkeepers along the line hope for company.",
                "The line is free of charge to the end of the month, to the delight of the shops along it.",
            ],
        ],
    },
];
