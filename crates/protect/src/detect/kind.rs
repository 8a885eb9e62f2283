//! The kinds of personal data that are recognised.

/// A kind of personal data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// An email address.
    Email,
    /// A payment card number.
    Card,
    /// An international bank account number (ISO 13616).
    Iban,
    /// A telephone number.
    Phone,
    /// A United States social security number.
    Ssn,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A web address.
    Url,
    /// A date of birth; recognised by the name of its column only.
    DateOfBirth,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 8] = [
        Kind::Email,
        Kind::Card,
        Kind::Iban,
        Kind::Phone,
        Kind::Ssn,
        Kind::Ip,
        Kind::Url,
        Kind::DateOfBirth,
    ];

    /// The name that Microsoft Presidio gives it.
    pub fn entity(self) -> &'static str {
        match self {
            Kind::Email => "EMAIL_ADDRESS",
            Kind::Card => "CREDIT_CARD",
            Kind::Iban => "IBAN_CODE",
            Kind::Phone => "PHONE_NUMBER",
            Kind::Ssn => "US_SSN",
            Kind::Ip => "IP_ADDRESS",
            Kind::Url => "URL",
            Kind::DateOfBirth => "DATE_TIME",
        }
    }

    /// The tag that a column of it has in a catalog.
    pub fn tag(self) -> &'static str {
        match self {
            Kind::Email => "pii.email",
            Kind::Card => "pci.pan",
            Kind::Iban => "pii.iban",
            Kind::Phone => "pii.phone",
            Kind::Ssn => "pii.ssn",
            Kind::Ip => "pii.ip",
            Kind::Url => "pii.url",
            Kind::DateOfBirth => "pii.birth_date",
        }
    }
}
