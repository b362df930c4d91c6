//! The fields in which everything secret is typed.

use std::rc::Rc;

use relm4::adw::prelude::*;
use relm4::gtk;

use super::parts::{Warning, column};
use crate::base::i18n::gettext_f;
use crate::base::secret::Secret;
use crate::explain;
use crate::plan::secrets::{Unfit, pin_of};
use crate::plan::{Need, SecretName, is_known};
use crate::token::{ApplicationKind, Token, Tries};
use crate::ui::dialogs::frame::group;
use crate::ui::widgets::{SecretRow, Tick, TickList, TriesDots};

/// One thing that is asked for.
#[derive(Debug)]
struct Asked {
    need: Need,
    row: SecretRow,
    /// The same again, of what is new.
    repeat: Option<SecretRow>,
    ticks: TickList,
}

/// Who is told what happens in the fields.
struct Told {
    /// Enter in the last one.
    entered: Box<dyn Fn()>,
    /// Something was typed.
    typed: Box<dyn Fn()>,
}

/// The fields.
pub(super) struct SecretFields {
    pub(super) root: gtk::Box,
    notice: Warning,
    list: gtk::Box,
    asked: Vec<Asked>,
    told: Rc<Told>,
}

impl std::fmt::Debug for SecretFields {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let asked = self.asked.iter().map(|asked| &asked.need.name);
        out.debug_list().entries(asked).finish()
    }
}

impl SecretFields {
    /// Without fields yet. `entered` is told of Enter in the last one, `typed` of every change.
    pub(super) fn new(entered: impl Fn() + 'static, typed: impl Fn() + 'static) -> Self {
        let root = column(18);
        let notice = Warning::new(true);
        let list = column(24);
        root.append(notice.widget());
        root.append(&list);
        Self {
            root,
            notice,
            list,
            asked: Vec::new(),
            told: Rc::new(Told {
                entered: Box::new(entered),
                typed: Box::new(typed),
            }),
        }
    }

    /// Asks for these; what was typed stays if they are the same as before.
    pub(super) fn ask(&mut self, needs: &[Need], token: &Token) {
        if self.asked.iter().map(|asked| &asked.need).eq(needs) {
            return;
        }
        self.clear();
        while let Some(old) = self.list.first_child() {
            self.list.remove(&old);
        }
        let names: Vec<String> = needs.iter().map(field_name).collect();
        let one = |(need, name): (&Need, &String)| {
            let alone = names.iter().filter(|other| *other == name).count() == 1;
            self.one(need, name, alone, token)
        };
        self.asked = needs.iter().zip(&names).map(one).collect();
        let mut rows: Vec<SecretRow> = Vec::new();
        for asked in &self.asked {
            rows.push(asked.row.clone());
            rows.extend(asked.repeat.clone());
        }
        // Enter goes on to what is still empty.
        for (place, row) in rows.iter().enumerate() {
            let next: Vec<SecretRow> = rows.iter().skip(place + 1).cloned().collect();
            let told = Rc::clone(&self.told);
            row.connect_activated(move || match next.iter().find(|row| row.is_empty()) {
                Some(row) => drop(row.grab_focus()),
                None => (told.entered)(),
            });
            let told = Rc::clone(&self.told);
            row.connect_changed(move |_| (told.typed)());
        }
    }

    /// One thing; `alone` if no other field has its name.
    fn one(&self, need: &Need, name: &str, alone: bool, token: &Token) -> Asked {
        let heading = explain::plan::need(need);
        let group = group(&heading);
        let about = explain::plan::need_is_for(need);
        group.set_description(Some(&gtk::glib::markup_escape_text(&about)));
        let row = SecretRow::new(name);
        group.add(&row);
        let repeat = need
            .fresh
            .then(|| SecretRow::new(&explain::pin_dialog::repeat(need.role)));
        if let Some(repeat) = &repeat {
            group.add(repeat);
        }
        if !alone {
            // Those who do not see the heading have nothing else to tell two PUKs apart.
            row.set_spoken_name(&heading);
            let again = gettext_f("{what}, repeated", &[("what", &heading)]);
            if let Some(repeat) = &repeat {
                repeat.set_spoken_name(&again);
            }
        }
        let whole = column(9);
        whole.append(&group);
        if let Some(tries) = tries(need, token) {
            let dots = TriesDots::new(tries);
            dots.widget().set_margin_start(6);
            whole.append(dots.widget());
        }
        let ticks = TickList::new();
        whole.append(ticks.widget());
        self.list.append(&whole);
        Asked {
            need: need.clone(),
            row,
            repeat,
            ticks,
        }
    }

    /// Brings the ticks up to date, and tells whether everything fits.
    pub(super) fn judge(&self) -> bool {
        let mut all = true;
        for asked in &self.asked {
            let pin = pin_of(&asked.need.name);
            let mut others = self.asked.iter();
            let pin = others.find(|other| Some(&other.need.name) == pin.as_ref());
            let ticks = asked.ticks(pin.map(|pin| &pin.row));
            all &= asked.fits(&ticks);
            asked.ticks.show(&ticks);
        }
        all
    }

    /// Says why the page is back.
    pub(super) fn warn(&self, words: Option<(&str, &str)>) {
        self.notice.show(words);
    }

    /// Something was typed: whoever sees why the page is back has read it. What the program
    /// itself empties is no news.
    pub(super) fn typing(&self) {
        if self.rows().any(|row| !row.is_empty()) {
            self.warn(None);
        }
    }

    /// What was typed, for keeping.
    pub(super) fn typed(&self) -> impl Iterator<Item = (SecretName, Secret)> + '_ {
        self.asked
            .iter()
            .map(|asked| (asked.need.name.clone(), asked.row.duplicate()))
    }

    /// Shows or hides everything that was typed.
    pub(super) fn toggle(&self) {
        let shown = self.rows().any(SecretRow::is_shown);
        for row in self.rows() {
            row.set_shown(!shown);
        }
    }

    /// Wipes everything that was typed.
    pub(super) fn clear(&self) {
        for row in self.rows() {
            row.clear();
            row.set_shown(false);
        }
    }

    /// Gives the focus to the first field that is empty.
    pub(super) fn focus(&self) {
        let first = self.rows().find(|row| row.is_empty());
        if let Some(row) = first.or_else(|| self.rows().next()) {
            row.grab_focus();
        }
    }

    fn rows(&self) -> impl Iterator<Item = &SecretRow> {
        self.asked
            .iter()
            .flat_map(|asked| std::iter::once(&asked.row).chain(&asked.repeat))
    }
}

impl Asked {
    /// The rules of something new; what is there already is only sent. `pin` is where the PIN of a PUK
    /// is typed.
    fn ticks(&self, pin: Option<&SecretRow>) -> Vec<Tick> {
        let Some(repeat) = &self.repeat else {
            return Vec::new();
        };
        let with = |pin: Option<&Secret>| {
            self.row
                .with(|typed| repeat.with(|again| ticks(&self.need, typed, again, pin)))
        };
        match pin {
            Some(pin) => pin.with(|pin| with(Some(pin))),
            None => with(None),
        }
    }

    fn fits(&self, ticks: &[Tick]) -> bool {
        let rule = self.row.with(|typed| self.need.rule.check(typed).is_ok());
        rule && ticks.iter().all(|tick| tick.met)
    }
}

/// What stands on the field.
fn field_name(need: &Need) -> String {
    match (&need.name, need.fresh) {
        (SecretName::TransportPin, _) => explain::plan::need(need),
        (_, true) => explain::pin_dialog::new(need.role),
        (_, false) => explain::pin_dialog::current(need.role),
    }
}

/// The rules for something new, as far as it was typed.
fn ticks(need: &Need, typed: &Secret, again: &Secret, pin: Option<&Secret>) -> Vec<Tick> {
    let words = explain::pins::requirements(&need.rule);
    let some = !typed.is_empty();
    let tick = |words: String, met: bool| Tick {
        words,
        met: some && met,
    };
    let mut ticks = vec![tick(words.length, need.rule.length_fits(typed))];
    if let Some(characters) = words.characters {
        ticks.push(tick(characters, need.rule.characters_fit(typed)));
    }
    if need.refuses_known {
        let words = explain::pins::not_unfit(Unfit::Known);
        ticks.push(tick(words, !is_known(typed)));
    }
    if let Some(pin) = pin.filter(|_| need.refuses_known) {
        let words = explain::pins::not_unfit(Unfit::IsPin);
        ticks.push(tick(words, !pin.same_as(typed)));
    }
    ticks.push(tick(words.repeated, typed.same_as(again)));
    ticks
}

/// The tries of a PIN that is on the token.
fn tries(need: &Need, token: &Token) -> Option<Tries> {
    if need.fresh {
        return None;
    }
    let application = token.application(ApplicationKind::Pkcs15)?;
    let mut pins = application.pins.iter();
    let pin = pins.find(|pin| pin.role == need.role && pin.label == need.label)?;
    Some(pin.tries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Alphabet, PinRole, PinRule};

    fn need(name: SecretName, refuses_known: bool) -> Need {
        Need {
            name,
            fresh: true,
            role: PinRole::User,
            label: None,
            rule: PinRule {
                min: 4,
                max: 8,
                alphabet: Alphabet::Ascii,
            },
            replaces_pins: true,
            refuses_known,
        }
    }

    fn met(need: &Need, typed: &str, again: &str, pin: Option<&str>) -> Vec<bool> {
        let [typed, again] = [typed, again].map(|text| Secret::new(text.as_bytes()));
        let pin = pin.map(|text| Secret::new(text.as_bytes()));
        let ticks = ticks(need, &typed, &again, pin.as_ref());
        ticks.into_iter().map(|tick| tick.met).collect()
    }

    #[test]
    fn rules_tick_one_by_one() {
        let need = need(SecretName::Pin { number: 1 }, false);
        let met = |typed, again| met(&need, typed, again, None);
        assert_eq!(met("", ""), [false, false, false]);
        assert_eq!(met("12", ""), [false, true, false]);
        assert_eq!(met("1234", "1235"), [true, true, false]);
        assert_eq!(met("ä234", "ä234"), [true, false, true]);
        assert_eq!(met("24681", "24681"), [true, true, true]);
        assert_eq!(met("00000", "00000"), [true, true, true]);
    }

    #[test]
    fn what_everybody_knows_and_the_own_pin_are_not_ticked() {
        let pin = need(SecretName::Pin { number: 1 }, true);
        for known in ["00000000", "0000", "Muscle00"] {
            assert_eq!(met(&pin, known, known, None), [true, true, false, true]);
        }
        assert_eq!(met(&pin, "24681", "24681", None), [true; 4]);
        let puk = need(SecretName::Puk { number: 1 }, true);
        let own = |typed| met(&puk, typed, typed, Some("24681"));
        assert_eq!(own("24681"), [true, true, true, false, true]);
        assert_eq!(own("13579"), [true; 5]);
    }
}
