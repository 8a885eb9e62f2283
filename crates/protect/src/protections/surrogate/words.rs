//! The words that surrogates are made of: common names of many languages, and parts of invented
//! streets and towns. Facts that nobody owns, gathered for this list; a combination may exist by
//! chance, as any invented name may.
//!
//! Invariant: ASCII letters alone, so that a name fits an address; no word twice in a list. A list
//! never changes: a change would give every subject another surrogate.

use std::sync::LazyLock;

/// A list of words.
pub(super) type Words = LazyLock<Vec<&'static str>>;

/// Given names.
pub(super) static FIRST: Words = LazyLock::new(|| {
    "Ada Adam Adele Adrian Agnes Aida Aisha Alan Albert Alice Alina Alma Amara Amelie Amir \
     Ana Anders Andre Andrea Anita Anna Anton Arjun Arno Arthur Asha Astrid August Aurora \
     Axel Ayumi Barbara Bastian Beatrice Bela Benedict Benjamin Berta Bianca Bjorn Bo Boris \
     Brenda Bruno Camilla Carl Carla Carmen Caroline Cecilia Celia Chen Chiara Chloe Christa \
     Clara Claude Clemens Colin Conrad Cora Cyril Dagmar Dalia Damian Daniel Daria David Dean \
     Delia Denis Diana Diego Dina Dominik Dora Doris Edgar Edith Edwin Eileen Elena Eli Elias \
     Elin Elisa Ella Elsa Emil Emma Enzo Erik Erika Ernesto Esther Ethan Eva Fabian Farah \
     Fatima Felix Fiona Flora Florian Franka Franz Frida Gabriel Gemma George Gerda Gina \
     Giulia Gloria Grace Greta Gustav Hana Hannah Harald Hassan Hazel Hector Heidi Helena \
     Henrik Hilda Hugo Ian Ida Igor Ilse Ines Ingrid Irene Iris Isabel Ivan Ivo Jacob Jana \
     Jasmin Javier Jean Jelena Joan Joel Johan Jonas Josefa Judith Julia Julian June Kai \
     Karin Karl Kasper Katja Kenji Kiara Kim Kira Klara Kofi Lara Lars Laura Lea Leif Lena \
     Leo Leonie Lian Lidia Lina Linus Lisa Livia Lorenz Louis Lucia Lucy Luisa Lukas Mae \
     Magda Maja Malik Manuel Mara Marco Maren Margot Maria Marius Marta Martin Mateo Mathilda \
     Maya Mei Mia Mila Milan Mina Mira Moritz Nadia Naomi Nathan Nico Nina Noah Noor Nora \
     Olaf Olga Oliver Olivia Omar Oscar Otto Paula Pavel Peter Petra Philip Pia Rafael Ravi \
     Rebecca Renata Rita Robin Rosa Ruben Ruth Samir Sara Sven Tara Theo Tilda Tom Uma Vera \
     Viktor Yara Zoe"
        .split(' ')
        .collect()
});

/// Family names.
pub(super) static LAST: Words = LazyLock::new(|| {
    "Abbott Abel Acker Adair Adler Ahlberg Ahmadi Albers Alcott Alder Allard Almeida Alvarez \
     Amann Ambrose Ames Amsel Anders Andrade Ansel Appel Arden Arendt Armitage Arnold Ashby \
     Aster Atwood Auer Avery Bach Baldwin Banner Barlow Barros Barton Bauer Baxter Beale \
     Becker Beckett Bellamy Bender Bennett Berger Bergman Bianchi Binder Birch Bishop Blake \
     Bloom Boden Bohm Bolton Borg Bosch Boyle Brandt Brennan Briggs Brook Bruckner Bryce \
     Buchner Burke Burton Byrne Cabral Calder Calvert Camden Campos Carey Carlson Carter \
     Carver Castro Chandler Chapman Chen Choi Clarke Clay Coburn Cole Collier Conti Cooper \
     Corbin Correa Cortez Costa Coulter Cramer Crane Crosby Curran Dahl Dalton Danner Darby \
     Dawson Deacon Dekker Delgado Demir Dexter Diaz Dietrich Dixon Doherty Dorn Dorsey Drake \
     Drexler Duarte Dunne Duran Ebert Eckhart Eden Egger Ehlers Eklund Elders Ellery Ellis \
     Elston Emerson Engel Erdmann Eriksen Espinoza Esposito Everett Faber Fairfax Falk \
     Farrell Fenton Ferrari Fiedler Finch Fink Fischer Fleming Flores Foley Forster Foster \
     Fowler Frank Franke Fraser Freitag Frey Friis Fuchs Fuller Gaines Gallagher Garcia \
     Gardner Garner Gates Geller Gerber Gibson Gilmore Glass Goddard Gomez Gordon Graf Graham \
     Granger Greco Greene Griffin Grimm Gruber Gupta Haas Hagen Hale Halloran Hammer Hansen \
     Harding Harlow Harper Hartmann Hassan Haupt Hayes Heath Hecht Heller Henning Herbst \
     Herrera Hess Hewitt Hoffman Holland Holm Horn Howell Huber Hughes Hunter Ibarra Ibsen \
     Ingram Irwin Isaksen Ivanov Jablonski Jackson Jaeger Jansen Jarvis Jennings Jensen \
     Jimenez Johansson Jordan Joshi Jung Kaiser Kaplan Karlsson Kaufmann Keating Keller Kemp \
     Kendall Kern Kessler Khan Kimura Kirby Klein Knight Koch Kohler Konrad Kovacs Kramer \
     Krause Kruger Kuhn Kumar Lacey Lambert Landau Lang Larkin Larsen Lawson Lehmann Leitner \
     Lennon Leone Lindberg Linden Lindgren Lloyd Lockhart Lombardi Lopez Lorenz Lowe Ludwig \
     Lund Lynch Mack Madsen Maier Malone Mancini Mann Marino Marlow Marsh Martens Mason \
     Maurer Mayer Mccall Meadows Mehta Meier Mendez Mercer Merrill Meyer Miles Miller Molina \
     Monroe Moore Morales Moreno Moretti Morgan Morris Mueller Munoz Murphy Nagel Nash \
     Navarro Nelson Neumann Newell Nguyen Nicholls Nielsen Noble Nolan Nordin Norris Novak \
     Oakley Obrien Odell Ohara Olsen Orlando Ortega Osborn Otto Owens Pacheco Palmer Park \
     Parrish Patel Paulsen Payne Pearce Pena Pereira Perry Peters Petrov Phillips Pichler \
     Pierce Pohl Pope Porter Posner Potter Powell Prager Pratt Preston Price Quinn Radcliffe \
     Rainer Ramirez Ramsey Rasmussen Rau Redding Reed Reich Reinhardt Reyes Rhodes Ricci \
     Richter Riedel Rios Ritter Rivera Robbins Rojas Romano Roth Rowe Russo Ryder Saito \
     Salazar Sanders Santos Sato Sauer Sawyer Schaefer Scheller Schmidt Schneider Schubert \
     Schultz Schwarz Scott Seidel Sharma Shaw Shepherd Silva Simmons Singh Slater Sommer \
     Sorensen Sparks Stark Steiner Stern Stone Strand Strauss Sutter Sutton Svensson Talbot \
     Tanaka Taylor Thiel Thorne Torres Tucker Turner Tyler Ulrich Underwood Unger Urban Vance \
     Varga Vega Vogel Vogt Wagner Walker Wallace Walsh Walter Ward Watts Weber Weiss Welch \
     Werner West Wheeler Whitaker Wilder Winkler Winter Wirth Wolf Woods Wright Wyatt Yamada \
     Yates Yilmaz York Young Zander Zeller Ziegler Zimmer Zorn"
        .split(' ')
        .collect()
});

/// What streets are named after.
pub(super) static STREETS: Words = LazyLock::new(|| {
    "Acorn Alder Almond Amber Anchor Apple Aspen Aster Badger Barley Beacon Beaver Birch \
     Bramble Briar Brook Canal Cedar Cherry Chestnut Clover Cobble Copper Coral Cowslip Crane \
     Creek Cypress Daisy Dove Elder Elm Falcon Fern Fig Finch Flint Forge Fox Garnet Ginger \
     Granite Harbour Hawthorn Hazel Heather Heron Holly Ivy Jasmine Juniper Lantern Larch \
     Lark Laurel Lavender Lilac Linden Magpie Maple Marble Marigold Meadow Mill Mint Mulberry \
     Myrtle Oak Olive Orchard Otter Owl Pear Pebble Pepper Pine Plum Poplar Poppy Primrose \
     Quarry Quince Raven Reed River Robin Rose Rowan Saffron Sage Slate Sorrel Sparrow Spruce \
     Swallow Teal Thistle Thyme Violet Walnut Willow Wren Yew"
        .split(' ')
        .collect()
});

/// What streets are.
pub(super) static ROADS: Words = LazyLock::new(|| {
    "Avenue Close Court Crescent Drive Gardens Lane Mews Place Road Row Square Street Terrace \
     Walk Way"
        .split(' ')
        .collect()
});

/// How names of towns begin.
pub(super) static HEADS: Words = LazyLock::new(|| {
    "Alder Amber Apple Arden Ash Badger Barn Beech Birch Black Bramble Bright Broad Clear \
     Cliff Cold Copper Crow Deer Dun East Elder Elm Fair Fern Fox Glen Gold Green Grey Hare \
     Hart Hazel Heather High Holly Iron Kings Lake Lark Linden Long Maple Marsh Mill Moss \
     North Oak Otter Pine Raven Red River Rose Silver Stone Summer Swan Thorn Wester White \
     Willow Winter"
        .split(' ')
        .collect()
});

/// How names of towns end.
pub(super) static TAILS: Words = LazyLock::new(|| {
    "beck bourne bridge brook burn bury by cliff combe cross dale den don fell field firth \
     ford gate grove ham haven hay heath hill holm hurst keld lea leigh mead mere mill \
     minster moor mouth ness pool port ridge rigg shaw sted stoke stow thorpe thwaite ton \
     vale wade water well wick wold wood worth wyke yard"
        .split(' ')
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_what_the_documentation_counts() {
        let lists = [&FIRST, &LAST, &STREETS, &ROADS, &HEADS, &TAILS];
        let counts = lists.map(|list| list.len());
        assert_eq!(counts, [250, 472, 103, 16, 63, 57]);
        for list in lists {
            assert!(
                list.is_sorted_by(|one, next| one < next),
                "sorted, and none twice"
            );
            let mut words = list.iter();
            assert!(words.all(|word| word.bytes().all(|byte| byte.is_ascii_alphabetic())));
        }
    }
}
