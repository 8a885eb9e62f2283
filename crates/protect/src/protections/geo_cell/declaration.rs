//! What `geo_cell` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "geo_cell",
    family: Family::Generalize,
    effect: Effect::Part(Part {
        class: Class::Cut,
        nests: false,
    }),
    summary: "puts the geohash cell of a latitude and a longitude in place of the latitude",
    leaks: "the cell: with 3 characters about 156 km wide, with 4 39 km, with 5 4.9 km, with 6 1.2 \
              km; and where one of the two is null; what is no place on Earth becomes `***`, so that \
              whether it is one shows",
    reversible: "no, within the cell; in the country a small cell may hold one house",
    keeps: &[Keeps::Nulls],
    standard: "Geohash (Niemeyer, 2008), with the alphabet of 32 letters and digits",
    accepts: &[Accepts::Float, Accepts::Decimal],
    returns: Returns::Text,
    params: &[
        Param {
            name: "longitude",
            kind: ParamKind::Column,
            required: true,
            doc: "the column of longitudes in degrees",
        },
        Param {
            name: "precision",
            kind: ParamKind::Count,
            required: true,
            doc: "characters of the geohash, at most 12",
        },
    ],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "geo_cell(latitude, longitude, 5)",
};
