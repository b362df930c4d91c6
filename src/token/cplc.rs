//! When and by whom a card was made, as data (sheet "globalplatform", 1.1).

use serde::Serialize;

/// Card production life cycle data: who made the card, and when.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Cplc {
    /// Who made the chip.
    pub ic_fabricator: u16,
    /// Which chip it is.
    pub ic_type: u16,
    /// The operating system.
    pub os_id: u16,
    /// When that was released.
    pub os_release: CplcDate,
    /// Which release it is.
    pub os_level: u16,
    /// When the chip was made.
    pub ic_fabrication: CplcDate,
    /// Serial number of the chip.
    pub ic_serial: u32,
    /// Its batch.
    pub ic_batch: u16,
    /// Who made the module.
    pub module_fabricator: u16,
    /// When.
    pub module_packaging: CplcDate,
    /// Who put it into the card.
    pub icc_manufacturer: u16,
    /// When.
    pub embedding: CplcDate,
    /// Who prepared it.
    pub pre_personaliser: u16,
    /// When.
    pub pre_personalisation: CplcDate,
    /// With which machine.
    pub pre_personalisation_equipment: u32,
    /// Who personalised it.
    pub personaliser: u16,
    /// When.
    pub personalisation: CplcDate,
    /// With which machine.
    pub personalisation_equipment: u32,
}

/// A date as cards keep it: the last digit of the year, and the day of the year. The decade is not
/// in it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct CplcDate(pub u16);

/// A day of the calendar.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Day {
    /// The year.
    pub year: i32,
    /// From 1.
    pub month: u8,
    /// From 1.
    pub day: u8,
}

impl Cplc {
    /// The number that no other chip has: maker, type, batch and serial number; nothing if the chip
    /// has neither batch nor serial number.
    #[must_use]
    pub fn unique_id(&self) -> Option<[u8; 10]> {
        if matches!(self.ic_serial, 0 | u32::MAX) {
            return None;
        }
        let mut id = [0; 10];
        let bytes = self
            .ic_fabricator
            .to_be_bytes()
            .into_iter()
            .chain(self.ic_type.to_be_bytes())
            .chain(self.ic_batch.to_be_bytes())
            .chain(self.ic_serial.to_be_bytes());
        for (to, from) in id.iter_mut().zip(bytes) {
            *to = from;
        }
        Some(id)
    }

    /// The name of the maker of the chip, where it is known; a proper noun.
    #[must_use]
    pub fn ic_maker(&self) -> Option<&'static str> {
        Some(match self.ic_fabricator {
            0x3060 => "Renesas",
            0x4070 | 0x4790 => "NXP",
            0x4090 => "Infineon",
            0x4180 => "Atmel",
            0x4250 => "Samsung",
            _ => return None,
        })
    }
}

impl CplcDate {
    /// How far back a card may have been made, in years.
    const YEARS: i32 = 30;

    /// Whether there is a date.
    #[must_use]
    pub fn is_set(self) -> bool {
        self.parts().is_some()
    }

    /// The last digit of the year, and the day of the year.
    fn parts(self) -> Option<(i32, u16)> {
        let digit = |shift: u16| match self.0 >> shift & 0x0F {
            digit @ 0..=9 => Some(digit),
            _ => None,
        };
        let day = digit(8)? * 100 + digit(4)? * 10 + digit(0)?;
        let year = i32::from(digit(12)?);
        (1..=366).contains(&day).then_some((year, day))
    }

    /// The days that it may stand for, the latest first, none after `this_year` and none more than
    /// thirty years before.
    #[must_use]
    pub fn candidates(self, this_year: i32) -> Vec<Day> {
        let Some((digit, day)) = self.parts() else {
            return Vec::new();
        };
        let back = (0..Self::YEARS).filter_map(|back| this_year.checked_sub(back));
        let years = back.filter(|year| year.rem_euclid(10) == digit);
        years.filter_map(|year| Day::of_year(year, day)).collect()
    }
}

impl Day {
    fn of_year(year: i32, day: u16) -> Option<Self> {
        let date = time::Date::from_ordinal_date(year, day).ok()?;
        Some(Self {
            year,
            month: date.month().into(),
            day: date.day(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{CplcDate, Day};

    #[test]
    fn a_date_without_decade_has_candidates() {
        let day = |year, month, day| Day { year, month, day };
        let found = CplcDate(0x3244).candidates(2026);
        assert_eq!(found, [day(2023, 9, 1), day(2013, 9, 1), day(2003, 9, 1)],);
        assert_eq!(
            CplcDate(0x6001).candidates(2026).first(),
            Some(&day(2026, 1, 1))
        );
        // Day 366 only where there is one.
        assert_eq!(
            CplcDate(0x4366).candidates(2026).first(),
            Some(&day(2024, 12, 31))
        );
        assert!(CplcDate(0x3366).candidates(2026).is_empty());
        for unset in [0x0000, 0xFFFF, 0x3000, 0x3367, 0x39A9] {
            assert!(!CplcDate(unset).is_set());
            assert!(CplcDate(unset).candidates(2026).is_empty());
        }
        assert!(CplcDate(0x3244).candidates(i32::MIN).len() <= 3);
    }
}
