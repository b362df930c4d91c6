//! A boxed list that follows a list of models: rows whose model did not change stay.

use std::cell::RefCell;
use std::rc::Rc;

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

/// A list of rows and the models that they show.
#[derive(Debug)]
pub struct RowList<M> {
    list: gtk::ListBox,
    rows: Vec<gtk::Widget>,
    /// Shared with the one who is told when a row is activated.
    models: Rc<RefCell<Vec<M>>>,
}

impl<M: Clone + PartialEq + 'static> RowList<M> {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        let list = gtk::ListBox::builder()
            .selection_mode(gtk::SelectionMode::None)
            .css_classes(["boxed-list"])
            .build();
        list.connect_keynav_failed(|list, direction| match direction {
            gtk::DirectionType::Up => leave(list, gtk::DirectionType::TabBackward),
            gtk::DirectionType::Down => leave(list, gtk::DirectionType::TabForward),
            _ => gtk::glib::Propagation::Proceed,
        });
        Self {
            list,
            rows: Vec::new(),
            models: Rc::default(),
        }
    }

    /// The widget.
    #[must_use]
    pub fn widget(&self) -> &gtk::ListBox {
        &self.list
    }

    /// Shows `models`. A row is built anew only where its model changed; if the focus was in
    /// it, it is in its successor afterwards, or in the last row if there is none.
    pub fn show(&mut self, models: &[M], build: impl Fn(&M) -> gtk::Widget) {
        let focused = self.rows.iter().position(has_focus).filter(|&index| {
            let shown = self.models.borrow();
            shown.get(index) != models.get(index)
        });
        for (index, model) in models.iter().enumerate() {
            if self.models.borrow().get(index) == Some(model) {
                continue;
            }
            let row = build(model);
            match self.rows.get_mut(index) {
                Some(shown) => {
                    keep_expanded(shown, &row);
                    self.list.remove(shown);
                    self.list.insert(&row, i32::try_from(index).unwrap_or(-1));
                    *shown = row;
                }
                None => {
                    self.list.append(&row);
                    self.rows.push(row);
                }
            }
        }
        for row in self.rows.drain(models.len().min(self.rows.len())..) {
            self.list.remove(&row);
        }
        self.models.replace(models.to_vec());
        self.list.set_visible(!self.rows.is_empty());
        let successor = focused.and_then(|index| self.rows.get(index).or(self.rows.last()));
        if let Some(row) = successor {
            row.child_focus(gtk::DirectionType::TabForward);
        }
    }

    /// Takes all rows away: what is shown next is about something else.
    pub fn clear(&mut self) {
        for row in self.rows.drain(..) {
            self.list.remove(&row);
        }
        self.models.borrow_mut().clear();
        self.list.set_visible(false);
    }

    /// Calls `activated` with the model of a row that was clicked or entered.
    pub fn connect_activated(&self, activated: impl Fn(&M) + 'static) {
        let models = Rc::clone(&self.models);
        self.list.connect_row_activated(move |_, row| {
            let index = usize::try_from(row.index()).ok();
            let model = index.and_then(|index| models.borrow().get(index).cloned());
            if let Some(model) = model {
                activated(&model);
            }
        });
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<M: Clone + PartialEq + 'static> Default for RowList<M> {
    fn default() -> Self {
        Self::new()
    }
}

/// So many Tab stops a row has at most.
const STOPS: usize = 8;

/// The arrows go on from the first and the last row to what is above and below the list.
fn leave(list: &gtk::ListBox, direction: gtk::DirectionType) -> gtk::glib::Propagation {
    let Some(window) = list.root() else {
        return gtk::glib::Propagation::Proceed;
    };
    for _ in 0..STOPS {
        let moved = window.child_focus(direction);
        let inside = window.focus().is_some_and(|focus| focus.is_ancestor(list));
        if !moved || !inside {
            break;
        }
    }
    gtk::glib::Propagation::Stop
}

/// What was open stays open.
fn keep_expanded(before: &gtk::Widget, after: &gtk::Widget) {
    let expander = |row: &gtk::Widget| row.downcast_ref::<adw::ExpanderRow>().cloned();
    if let (Some(before), Some(after)) = (expander(before), expander(after)) {
        after.set_expanded(before.is_expanded());
    }
}

fn has_focus(row: &gtk::Widget) -> bool {
    let focus = row.root().and_then(|root| root.focus());
    focus.is_some_and(|focus| focus == *row || focus.is_ancestor(row))
}
