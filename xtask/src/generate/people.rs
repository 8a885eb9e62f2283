//! Where invented customers come from: names in their own script with the Latin form that their
//! mail address uses, the country they live in, and what they write. Nobody here exists; mail
//! domains are the reserved ones of RFC 2606 and RFC 6761.

/// A group of customers that share a language.
pub(super) struct Culture {
    /// How many of a thousand customers.
    pub(super) weight: u64,
    /// ISO 3166-1 alpha-2 of the nationality.
    pub(super) nationality: &'static str,
    /// Countries they live in, the most common first.
    pub(super) countries: &'static [&'static str],
    /// Given names: as written, as in a mail address.
    pub(super) given: &'static [(&'static str, &'static str)],
    /// Family names likewise.
    pub(super) family: &'static [(&'static str, &'static str)],
    /// Whether the family name comes first.
    pub(super) family_first: bool,
    /// What customers write; `{}` is their name.
    pub(super) comments: &'static [&'static str],
}

/// Mail domains that are reserved and so belong to nobody.
#[rustfmt::skip] // a table reads better as one
pub(super) const DOMAINS: &[&str] = &[
    "mail.example", "post.example", "example.com", "example.org", "example.net", "inbox.example", "clinic.example",
    "uni.example", "xn--brgerpost-q9a.example", "shop.example",
];

/// Test ranges that card networks and payment processors publish: network prefix and length.
#[rustfmt::skip] // likewise
pub(super) const CARDS: &[(&str, usize)] = &[
    ("411111", 16), ("424242", 16), ("400000", 16), ("401288", 16), ("555555", 16), ("510510", 16), ("222300", 16),
    ("520082", 16), ("378282", 15), ("371449", 15), ("601111", 16), ("353011", 16), ("305693", 14),
];

/// Stands where there is no culture to pick, which does not happen.
#[rustfmt::skip]
pub(super) const NOBODY: Culture = Culture {
    weight: 0, nationality: "", countries: &[], given: &[], family: &[], family_first: false, comments: &[],
};

/// The cultures, by weight.
#[rustfmt::skip] // likewise
pub(super) const CULTURES: &[Culture] = &[
    Culture {
        weight: 170, nationality: "DE", countries: &["DE", "DE", "DE", "AT", "CH", "LU"], family_first: false,
        given: &[("Jürgen", "juergen"), ("Anneliese", "anneliese"), ("Sören", "soeren"), ("Käthe", "kaethe"), ("Lukas", "lukas"),
            ("Miriam", "miriam"), ("Björn", "bjoern"), ("Greta", "greta"), ("Uwe", "uwe"), ("Änne", "aenne"), ("Till", "till"), ("Frieda", "frieda")],
        family: &[("Müller", "mueller"), ("Weiß", "weiss"), ("Schröder", "schroeder"), ("Vogel", "vogel"), ("Krämer", "kraemer"),
            ("Jäger", "jaeger"), ("von der Heide", "vonderheide"), ("Groß", "gross"), ("Köhler", "koehler"), ("Busch", "busch"), ("Yıldız", "yildiz")],
        comments: &["Bitte erst nach 18 Uhr anrufen.", "Umzug im März, neue Adresse folgt.", "Paket kam beschädigt an;\nErsatz wurde geschickt.",
            "\"Sehr zufrieden\", sagt {}.", "Rechnung bitte an {}, nicht an die Firma", "Größe 38 statt 40, 3 € Rabatt gewährt", "Grüße, {} 🙂"],
    },
    Culture {
        weight: 130, nationality: "FR", countries: &["FR", "FR", "FR", "BE", "CH", "CA"], family_first: false,
        given: &[("Zoé", "zoe"), ("François", "francois"), ("Hélène", "helene"), ("Maël", "mael"), ("Inès", "ines"), ("Gaëtan", "gaetan"),
            ("Léa", "lea"), ("Benoît", "benoit"), ("Océane", "oceane"), ("Rémi", "remi")],
        family: &[("Lefèvre", "lefevre"), ("d'Artois", "dartois"), ("Garçon", "garcon"), ("Noël", "noel"), ("Béranger", "beranger"),
            ("Moreau", "moreau"), ("Le Goff", "legoff"), ("Dupré", "dupre"), ("Sylla", "sylla"), ("Petit-Jean", "petitjean")],
        comments: &["Rappeler {} l'après-midi, s'il vous plaît", "Livraison reportée ; le client l'a acceptée.", "« Très bien », merci à l'équipe",
            "Deux colis, un seul reçu.\nÀ suivre.", "Changement d'adresse déjà signalé"],
    },
    Culture {
        weight: 120, nationality: "GB", countries: &["GB", "GB", "GB", "IE", "AU", "NZ"], family_first: false,
        given: &[("Olivia", "olivia"), ("Rhys", "rhys"), ("Siân", "sian"), ("Callum", "callum"), ("Niamh", "niamh"), ("Priya", "priya"),
            ("Zachary", "zachary"), ("Aoife", "aoife"), ("Kofi", "kofi"), ("Imogen", "imogen")],
        family: &[("O'Neill", "oneill"), ("Smith-Jones", "smith-jones"), ("MacLeod", "macleod"), ("Ó Súilleabháin", "osuilleabhain"),
            ("Okafor", "okafor"), ("Hughes", "hughes"), ("Whitaker", "whitaker"), ("Patel", "patel"), ("St. John", "stjohn")],
        comments: &["Asked for \"gift wrap\", again", "Prefers e-mail, never phone.", "Returned 2 of 3 items; refund issued", "Moved; new address on file",
            "Spoke to {}: all fine now 👍", "Line one\nLine two, with a comma", "N/A"],
    },
    Culture {
        weight: 90, nationality: "US", countries: &["US", "US", "US", "US", "CA", "MX"], family_first: false,
        given: &[("Madison", "madison"), ("Tyrone", "tyrone"), ("Guadalupe", "guadalupe"), ("Ethan", "ethan"), ("Nevaeh", "nevaeh"), ("Hunter", "hunter"), ("Mei-Ling", "meiling"), ("Zuri", "zuri")],
        family: &[("Johnson", "johnson"), ("Nguyen", "nguyen"), ("Garcia", "garcia"), ("Kowalski", "kowalski"), ("Washington", "washington"), ("O'Brien", "obrien"), ("Begay", "begay")],
        comments: &["called about invoice, left voicemail", "VIP. Do not discount.", "said \"never again\", then ordered twice", "Ship to the back door, dog bites 🐕"],
    },
    Culture {
        weight: 90, nationality: "ES", countries: &["ES", "ES", "ES", "MX", "AR", "CO"], family_first: false,
        given: &[("Íñigo", "inigo"), ("Begoña", "begona"), ("José María", "josemaria"), ("Ángela", "angela"), ("Martín", "martin"), ("Núria", "nuria"), ("Joaquín", "joaquin")],
        family: &[("Muñoz", "munoz"), ("Ibáñez", "ibanez"), ("García Lorca", "garcialorca"), ("Peña", "pena"), ("Ordóñez", "ordonez"), ("Puig", "puig"), ("Echeverría", "echeverria")],
        comments: &["¿Puede llamar {} mañana?", "Pedido doble, devolver uno", "Muy contenta; ¡gracias!", "Cambió de dirección,\npiso 3.º izquierda"],
    },
    Culture {
        weight: 80, nationality: "IT", countries: &["IT", "IT", "IT", "CH", "SM"], family_first: false,
        given: &[("Niccolò", "niccolo"), ("Chiara", "chiara"), ("Davide", "davide"), ("Beatrice", "beatrice"), ("Giosuè", "giosue"), ("Ludovica", "ludovica")],
        family: &[("D'Angelo", "dangelo"), ("Esposito", "esposito"), ("Lo Presti", "lopresti"), ("Nicolò", "nicolo"), ("Bianchi", "bianchi"), ("De Luca", "deluca")],
        comments: &["Perché due fatture?", "Consegna al piano, citofono {}", "Tutto bene, \"perfetto\""],
    },
    Culture {
        weight: 60, nationality: "PL", countries: &["PL", "PL", "PL", "DE", "GB"], family_first: false,
        given: &[("Łukasz", "lukasz"), ("Małgorzata", "malgorzata"), ("Żaneta", "zaneta"), ("Wojciech", "wojciech"), ("Agnieszka", "agnieszka"), ("Święta", "swieta")],
        family: &[("Wójcik", "wojcik"), ("Szczęsny", "szczesny"), ("Źrebiec", "zrebiec"), ("Kowalczyk", "kowalczyk"), ("Dąbrowska", "dabrowska")],
        comments: &["Proszę dzwonić po południu", "Zwrot przyjęty, {} czeka na pieniądze", "Źle zaadresowane; poprawione"],
    },
    Culture {
        weight: 40, nationality: "UA", countries: &["UA", "PL", "DE", "CZ"], family_first: false,
        given: &[("Олена", "olena"), ("Тарас", "taras"), ("Марія", "mariia"), ("Богдан", "bohdan"), ("Софія", "sofiia")],
        family: &[("Шевченко", "shevchenko"), ("Коваль", "koval"), ("Мельник", "melnyk"), ("Бойчук", "boichuk")],
        comments: &["Дякую, {}!", "Змінилася адреса, будь ласка, оновіть", "Товар прийшов пошкоджений;\nобмін"],
    },
    Culture {
        weight: 40, nationality: "GR", countries: &["GR", "GR", "CY", "DE"], family_first: false,
        given: &[("Ελένη", "eleni"), ("Γιώργος", "giorgos"), ("Αθηνά", "athina"), ("Νίκος", "nikos")],
        family: &[("Παπαδόπουλος", "papadopoulos"), ("Οικονόμου", "oikonomou"), ("Κωνσταντίνου", "konstantinou")],
        comments: &["Ευχαριστώ πολύ, {}", "Να τηλεφωνήσετε το απόγευμα"],
    },
    Culture {
        weight: 50, nationality: "JP", countries: &["JP", "JP", "JP", "US"], family_first: true,
        given: &[("さくら", "sakura"), ("健太", "kenta"), ("陽菜", "hina"), ("大輔", "daisuke"), ("美咲", "misaki")],
        family: &[("佐藤", "sato"), ("鈴木", "suzuki"), ("渡辺", "watanabe"), ("山本", "yamamoto"), ("髙橋", "takahashi")],
        comments: &["配達は午後にお願いします。", "{}様、返品済み", "住所変更、確認中 📦"],
    },
    Culture {
        weight: 50, nationality: "CN", countries: &["CN", "CN", "SG", "TW", "HK"], family_first: true,
        given: &[("小明", "xiaoming"), ("丽华", "lihua"), ("伟", "wei"), ("静怡", "jingyi")],
        family: &[("王", "wang"), ("李", "li"), ("张", "zhang"), ("欧阳", "ouyang")],
        comments: &["请下午联系{}", "地址已更改，谢谢", "退款已完成"],
    },
    Culture {
        weight: 40, nationality: "EG", countries: &["EG", "SA", "AE", "MA", "FR"], family_first: false,
        given: &[("محمد", "mohamed"), ("فاطمة", "fatima"), ("يوسف", "youssef"), ("ليلى", "layla")],
        family: &[("الخطيب", "elkhatib"), ("حسن", "hassan"), ("بن علي", "benali")],
        comments: &["يرجى الاتصال بعد الظهر", "شكرا، {}"],
    },
    Culture {
        weight: 40, nationality: "IN", countries: &["IN", "IN", "IN", "GB", "US", "AE"], family_first: false,
        given: &[("अनन्या", "ananya"), ("रोहन", "rohan"), ("दीपिका", "deepika"), ("விஜய்", "vijay")],
        family: &[("शर्मा", "sharma"), ("कुमार", "kumar"), ("அய்யர்", "iyer"), ("पटेल", "patel")],
        comments: &["कृपया शाम को कॉल करें", "{} को धन्यवाद 🙏", "cash on delivery, exact change only"],
    },
];
