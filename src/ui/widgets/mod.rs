//! Widgets that libadwaita 1.2 has not: tries as dots, validity as a bar, facts, secrets.

mod calm;
mod chip;
mod fact_row;
mod fold;
mod long_text;
mod row_list;
mod secret_buffer;
mod secret_row;
mod tick_list;
mod tries_dots;
mod validity_bar;

pub use calm::Calm;
pub use chip::{Chip, ChipKind, chip, chips};
pub use fact_row::{FactRow, FactText, copy_button};
pub use fold::{Fold, Lead};
pub use long_text::{fill_when_opened, settle, settle_title};
pub use row_list::RowList;
pub use secret_buffer::SecretBuffer;
pub use secret_row::SecretRow;
pub use tick_list::{Tick, TickList};
pub use tries_dots::{TriesDots, TriesKind};
pub use validity_bar::{BarKind, Span, ValidityBar};
