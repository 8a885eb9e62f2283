//! The kinds of personal data that are recognised, and what speaks for each.
//!
//! Invariant: every kind stands in [`Kind::ALL`] once, in the order of the declaration.

/// What a finding of a kind rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evidence {
    /// A syntax of its own, or check digits together with a prefix or a word nearby.
    Strong,
    /// A shape that other things share.
    Shape,
    /// A word nearby, or nothing that would make a column of it sensitive.
    Weak,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal $entity:literal $tag:literal $evidence:ident;)*) => {
        /// A kind of personal data.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// All kinds.
            pub const ALL: [Kind; [$(Kind::$kind),*].len()] = [$(Kind::$kind),*];

            /// The name it has in the plan of `scrub`.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name,)* }
            }

            /// The name that Microsoft Presidio gives it.
            pub fn entity(self) -> &'static str {
                match self { $(Kind::$kind => $entity,)* }
            }

            /// The tag that a column of it has in a catalog.
            pub fn tag(self) -> &'static str {
                match self { $(Kind::$kind => $tag,)* }
            }

            /// What a finding of it rests on.
            pub fn evidence(self) -> Evidence {
                match self { $(Kind::$kind => Evidence::$evidence,)* }
            }
        }
    };
}

kinds! {
    /// An email address.
    Email "email" "EMAIL_ADDRESS" "pii.email" Strong;
    /// A payment card number.
    Card "card" "CREDIT_CARD" "pci.pan" Strong;
    /// An international bank account number (ISO 13616).
    Iban "iban" "IBAN_CODE" "pii.iban" Strong;
    /// A telephone number.
    Phone "phone" "PHONE_NUMBER" "pii.phone" Shape;
    /// A United States social security number.
    Ssn "ssn" "US_SSN" "pii.ssn" Strong;
    /// An IPv4 or IPv6 address.
    Ip "ip" "IP_ADDRESS" "pii.ip" Shape;
    /// A web address.
    Url "url" "URL" "pii.url" Weak;
    /// A date of birth; recognised by the name of its column only.
    DateOfBirth "birth_date" "DATE_TIME" "pii.birth_date" Weak;
    /// A calendar date, with or without a time of day.
    Date "date" "DATE_TIME" "pii.date" Weak;
    /// The address of a network card (IEEE 802 MAC-48).
    Mac "mac" "MAC_ADDRESS" "pii.mac" Shape;
    /// A Bitcoin address (Base58Check, BIP 173 or BIP 350).
    Crypto "crypto" "CRYPTO" "pii.crypto_address" Strong;
    /// A United States individual taxpayer identification number.
    UsItin "us_itin" "US_ITIN" "pii.national_id" Strong;
    /// A United States passport; by a word nearby only.
    UsPassport "us_passport" "US_PASSPORT" "pii.passport" Weak;
    /// A driver's licence; by a word nearby only.
    UsDriverLicense "us_driver_license" "US_DRIVER_LICENSE" "pii.driver_license" Weak;
    /// A bank account number; by a word nearby only.
    UsBank "us_bank" "US_BANK_NUMBER" "pii.bank_account" Weak;
    /// A United States routing number (ABA).
    UsRouting "us_routing" "ABA_ROUTING_NUMBER" "pii.bank_account" Weak;
    /// A registration of the United States Drug Enforcement Administration.
    MedicalLicense "medical_license" "MEDICAL_LICENSE" "pii.medical_license" Strong;
    /// A number of the British National Health Service.
    UkNhs "uk_nhs" "UK_NHS" "phi.nhs_number" Strong;
    /// A British national insurance number.
    UkNino "uk_nino" "UK_NINO" "pii.national_id" Strong;
    /// A Spanish identity card or foreigner's number.
    EsNif "es_nif" "ES_NIF" "pii.national_id" Strong;
    /// An Italian fiscal code.
    ItFiscalCode "it_fiscal_code" "IT_FISCAL_CODE" "pii.national_id" Strong;
    /// A Polish PESEL.
    PlPesel "pl_pesel" "PL_PESEL" "pii.national_id" Strong;
    /// A Finnish personal identity code.
    FiCode "fi_code" "FI_PERSONAL_IDENTITY_CODE" "pii.national_id" Strong;
    /// A German tax identification number.
    DeTaxId "de_tax_id" "DE_TAX_ID" "pii.national_id" Strong;
    /// A French social security number (NIR).
    FrNir "fr_nir" "FR_NIR" "pii.national_id" Strong;
    /// An Indian Aadhaar number.
    InAadhaar "in_aadhaar" "IN_AADHAAR" "pii.national_id" Strong;
    /// An Indian permanent account number.
    InPan "in_pan" "IN_PAN" "pii.national_id" Strong;
    /// An Australian business number.
    AuAbn "au_abn" "AU_ABN" "pii.business_id" Weak;
    /// An Australian company number.
    AuAcn "au_acn" "AU_ACN" "pii.business_id" Weak;
    /// An Australian tax file number.
    AuTfn "au_tfn" "AU_TFN" "pii.national_id" Strong;
    /// An Australian Medicare number.
    AuMedicare "au_medicare" "AU_MEDICARE" "phi.medicare_number" Strong;
    /// A Singaporean NRIC or FIN.
    SgNric "sg_nric" "SG_NRIC_FIN" "pii.national_id" Strong;
    /// A postal code; by a word nearby only.
    Zip "zip" "ZIP_CODE" "pii.postal_code" Weak;
    /// An age in years; by the words around it only.
    Age "age" "AGE" "pii.age" Weak;
}

impl Kind {
    /// Whether this is its name, or Presidio's, in any case; Presidio's can be that of several.
    pub fn is_named(self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name) || self.entity().eq_ignore_ascii_case(name)
    }
}
