//! What happens in the German-speaking part of the demo's country.

use super::Plot;

pub static PLOTS: &[Plot] = &[
    Plot {
        theme: "Hafen",
        numbers: [(12, 46), (180, 540), (18, 42), (1_100, 3_900)],
        titles: &[
            "Neue Fähre verbindet {town} und {town2}",
            "{town} bekommt eine elektrische Fähre",
            "Fähre nach {town2} fährt jetzt leise",
        ],
        q1: &[
            "Man hört zum ersten Mal die Möwen an Bord",
            "Das Schiff ist so leise, dass wir das Signal neu üben mussten",
        ],
        q2: &[
            "Wir haben drei Jahre gerechnet und ein Jahr gebaut",
            "Ohne den zweiten Anleger wäre der Plan gescheitert",
        ],
        beats: &[
            &[
                "Zwischen {town} und {town2} fährt seit {day} eine elektrische Fähre.",
                "Die erste elektrische Fähre zwischen {town} und {town2} hat am {day} ihren Dienst aufgenommen.",
            ],
            &[
                "Das Schiff kostet {a} Millionen Kronen und bietet {b} Fahrgästen Platz.",
                "{b} Fahrgäste finden auf dem Schiff Platz, das {a} Millionen Kronen gekostet hat.",
            ],
            &[
                "„{q1}“, sagte {person} auf der Brücke nach der ersten Fahrt.",
                "{person} stand auf der Brücke und zeigte sich zufrieden: „{q1}“.",
            ],
            &[
                "Die Überfahrt dauert {c} Minuten, und geladen wird während des Anlegens.",
                "Während des Anlegens wird geladen; für die Überfahrt braucht das Schiff {c} Minuten.",
            ],
            &[
                "An Werktagen rechnet die Reederei mit {d} Fahrgästen, vor allem mit Schülern und Pendlern.",
                "Die Reederei erwartet an Werktagen {d} Fahrgäste, die meisten davon Pendler und Schüler.",
            ],
            &["„{q2}“, sagte {person2} von der Reederei.", "{person2} von der Reederei blickte zurück: „{q2}“."],
            &[
                "Die alte Fähre bleibt als Reserve im Hafen und fährt im Sommer zu den Inseln.",
                "Im Sommer soll die alte Fähre zu den Inseln fahren, sonst liegt sie als Reserve im Hafen.",
            ],
            &[
                "Die Batterien stammen von {firm} und sollen nach zehn Jahren in einem Speicher an Land weiterarbeiten.",
                "Nach zehn Jahren an Bord sollen die Batterien, die {firm} geliefert hat, an Land als Speicher dienen.",
            ],
        ],
    },
    Plot {
        theme: "Bildung",
        numbers: [(6, 18), (240, 880), (32, 75), (4, 11)],
        titles: &[
            "Bücherei in {town} öffnet auch am Sonntag",
            "{town}: Lesen am Sonntag wird zur Gewohnheit",
            "Sonntags voll: die Bücherei von {town}",
        ],
        q1: &[
            "Am Sonntag kommen die Familien, die sonst nie Zeit haben",
            "Wir haben die Türen geöffnet und mussten Stühle nachkaufen",
        ],
        q2: &[
            "Ein warmer Raum ohne Eintritt ist in dieser Stadt selten",
            "Ich leihe nichts aus, ich sitze hier und denke",
        ],
        beats: &[
            &[
                "Die Stadtbücherei von {town} bleibt auch am Sonntag geöffnet, wie der Rat am {day} beschlossen hat.",
                "Der Rat von {town} hat am {day} beschlossen, die Stadtbücherei dauerhaft am Sonntag zu öffnen.",
            ],
            &[
                "Im Versuch über {a} Monate kamen an jedem Sonntag im Mittel {b} Menschen.",
                "Im Mittel zählte die Bücherei {b} Menschen an jedem Sonntag des Versuchs, der {a} Monate dauerte.",
            ],
            &[
                "„{q1}“, sagte {person} aus der Leitung des Hauses.",
                "{person} aus der Leitung des Hauses berichtete: „{q1}“.",
            ],
            &[
                "Fast {c} Prozent der Besucher waren jünger als zwanzig Jahre.",
                "Jünger als zwanzig Jahre waren nach der Zählung {c} Prozent der Besucher.",
            ],
            &[
                "Für den Betrieb am Sonntag werden {d} Stellen neu geschaffen, zwei davon für Studierende.",
                "{d} neue Stellen sind für den Sonntag vorgesehen, darunter zwei für Studierende.",
            ],
            &[
                "„{q2}“, sagte {person2}, seit der ersten Woche regelmäßig zu Gast.",
                "Zu den Stammgästen gehört {person2}: „{q2}“.",
            ],
            &[
                "Die Gewerkschaft stimmte zu, nachdem ein freier Tag in der Woche zugesichert worden war.",
                "Nach der Zusage eines freien Tages in der Woche gab auch die Gewerkschaft ihre Zustimmung.",
            ],
            &[
                "In {town2} wird ein ähnlicher Versuch vorbereitet, der {year} beginnen soll.",
                "Ein ähnlicher Versuch soll {year} in {town2} beginnen.",
            ],
        ],
    },
    Plot {
        theme: "Umwelt",
        numbers: [(120, 480), (9, 28), (35, 85), (1_500, 6_400)],
        titles: &[
            "{town} pflanzt {d} Bäume gegen die Hitze",
            "Mehr Schatten für {town}",
            "{town} ersetzt Parkplätze durch Bäume",
        ],
        q1: &[
            "Ein Baum ist die einzige Klimaanlage, die mit den Jahren besser wird",
            "Wer heute pflanzt, pflanzt für die Enkel der Nachbarn",
        ],
        q2: &[
            "Ich verliere einen Parkplatz und gewinne einen Platz",
            "Der Laden lebt von Leuten, die stehen bleiben, und im Schatten bleibt man stehen",
        ],
        beats: &[
            &[
                "{town} will in den nächsten Jahren {d} Bäume an Straßen und Plätzen pflanzen, teilte die Stadt am {day} mit.",
                "An Straßen und Plätzen von {town} sollen {d} Bäume wachsen, wie die Stadt am {day} mitteilte.",
            ],
            &[
                "Dafür fallen {a} Parkplätze weg, und {b} Straßen werden zur Hälfte entsiegelt.",
                "In {b} Straßen wird die Hälfte des Pflasters entfernt; {a} Parkplätze entfallen.",
            ],
            &["„{q1}“, sagte {person} vom Gartenamt.", "{person} vom Gartenamt begründete den Plan so: „{q1}“."],
            &[
                "Messungen im Sommer hatten auf dem Marktplatz {c} Grad auf dem Pflaster ergeben.",
                "Auf dem Pflaster des Marktplatzes waren im Sommer {c} Grad gemessen worden.",
            ],
            &[
                "Gepflanzt werden Feldahorn, Linde und Hainbuche, die mit wenig Wasser auskommen.",
                "Feldahorn, Linde und Hainbuche kommen mit wenig Wasser aus und wurden deshalb gewählt.",
            ],
            &[
                "„{q2}“, sagte {person2} aus der Buchhandlung am Markt.",
                "Aus der Buchhandlung am Markt meldete sich {person2} zu Wort: „{q2}“.",
            ],
            &[
                "Das Regenwasser der Dächer wird künftig in Becken unter den Wurzeln geleitet, die {firm} entworfen hat.",
                "{firm} hat Becken entworfen, die das Regenwasser der Dächer unter den Wurzeln sammeln.",
            ],
            &[
                "Die ersten Bäume kommen aus einer Baumschule bei {town2} und werden im November gesetzt.",
                "Im November werden die ersten Bäume gesetzt, sie stammen aus einer Baumschule bei {town2}.",
            ],
        ],
    },
    Plot {
        theme: "Sport",
        numbers: [(3, 9), (2_300, 9_800), (52, 88), (14, 33)],
        titles: &[
            "{town} gewinnt das Spiel in {town2} in letzter Minute",
            "Spätes Tor: {town} schlägt {town2}",
            "{town} bleibt nach {a} Siegen oben",
        ],
        q1: &[
            "Ich wollte flanken, und dann war der Ball im Netz",
            "Mir taten die Beine weh, da habe ich einfach geschossen",
        ],
        q2: &[
            "Das war kein Unglück, das war unsere Schuld",
            "Wir haben eine Stunde lang alles richtig gemacht, nur eben nicht anderthalb",
        ],
        beats: &[
            &[
                "{town} hat am {day} in {town2} durch ein Tor in der Schlussphase gewonnen.",
                "Durch ein spätes Tor hat {town} am {day} das Auswärtsspiel in {town2} für sich entschieden.",
            ],
            &[
                "Es war der Sieg Nummer {a} in Folge, {b} Zuschauer sahen das Spiel.",
                "{b} Zuschauer erlebten den Sieg Nummer {a} in Folge.",
            ],
            &[
                "„{q1}“, sagte {person}, nach der Pause eingewechselt.",
                "Das Tor schoss {person}, erst nach der Pause eingewechselt: „{q1}“.",
            ],
            &[
                "{town2} hatte zur Halbzeit geführt und hielt den Vorsprung bis zur Minute {c}.",
                "Bis zur Minute {c} lag noch {town2} vorn, das schon zur Halbzeit geführt hatte.",
            ],
            &["Für {last} war es das Saisontor Nummer {d}.", "{last} hat in dieser Saison nun {d} Tore erzielt."],
            &[
                "„{q2}“, sagte {person2} vom Trainerteam der unterlegenen Mannschaft.",
                "{person2} vom Trainerteam der unterlegenen Mannschaft suchte keine Ausrede: „{q2}“.",
            ],
            &[
                "Ein Elfmeter für die Gastgeber war zuvor an den Pfosten gegangen.",
                "Zuvor hatten die Gastgeber einen Elfmeter an den Pfosten gesetzt.",
            ],
            &[
                "Am nächsten Sonntag wartet zu Hause der Tabellenzweite, das Stadion ist ausverkauft.",
                "Das Stadion ist ausverkauft, wenn am nächsten Sonntag der Tabellenzweite kommt.",
            ],
        ],
    },
];
