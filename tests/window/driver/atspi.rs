//! The window as a screen reader has it: a tree of names and roles (AT-SPI over D-Bus).

use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Type};

use super::wait;

/// `ATSPI_STATE_…`
const SELECTED: u32 = 23;
const SENSITIVE: u32 = 24;
const CHECKED: u32 = 4;
const FOCUSED: u32 = 12;

/// Nobody's tree is as deep.
const DEPTH: usize = 80;

/// A widget, as a screen reader knows it.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    bus: Connection,
    owner: String,
    path: String,
}

impl Node {
    /// The root of the accessibility bus of a session.
    pub(crate) fn desktop(session: &str) -> Self {
        let session = Builder::address(session).unwrap().build().unwrap();
        let reply = session.call_method(
            Some("org.a11y.Bus"),
            "/org/a11y/bus",
            Some("org.a11y.Bus"),
            "GetAddress",
            &(),
        );
        let address: String = reply.unwrap().body().deserialize().unwrap();
        let bus = Builder::address(address.as_str()).unwrap().build().unwrap();
        Self {
            bus,
            owner: "org.a11y.atspi.Registry".to_owned(),
            path: "/org/a11y/atspi/accessible/root".to_owned(),
        }
    }

    /// What it is called.
    pub(crate) fn name(&self) -> String {
        self.property("Accessible", "Name")
            .and_then(|value| String::try_from(value).ok())
            .unwrap_or_default()
    }

    /// What else is said of it.
    pub(crate) fn description(&self) -> String {
        self.property("Accessible", "Description")
            .and_then(|value| String::try_from(value).ok())
            .unwrap_or_default()
    }

    /// What it is: "button", "label", "list", "text box".
    pub(crate) fn role(&self) -> String {
        self.call("Accessible", "GetRoleName", &())
            .unwrap_or_default()
    }

    /// The text in it, where it has any.
    pub(crate) fn text(&self) -> String {
        self.call("Text", "GetText", &(0i32, -1i32))
            .unwrap_or_default()
    }

    /// Its parts.
    pub(crate) fn children(&self) -> Vec<Self> {
        let count = self.property("Accessible", "ChildCount");
        let count = count.and_then(|value| i32::try_from(value).ok());
        // Not GetChildren: GTK 4.8 answers it empty or with an error for some nodes.
        (0..count.unwrap_or(0))
            .filter_map(|index| self.child(index))
            .collect()
    }

    fn child(&self, index: i32) -> Option<Self> {
        let (owner, path): (String, OwnedObjectPath) =
            self.call("Accessible", "GetChildAtIndex", &(index,))?;
        Some(Self {
            bus: self.bus.clone(),
            owner,
            path: path.to_string(),
        })
    }

    /// Calls `visit` for this node and all below it, with the depth.
    pub(crate) fn walk(&self, visit: &mut impl FnMut(&Self, usize)) {
        self.walk_from(0, visit);
    }

    fn walk_from(&self, depth: usize, visit: &mut impl FnMut(&Self, usize)) {
        assert!(depth < DEPTH, "a tree without an end");
        visit(self, depth);
        for child in self.children() {
            child.walk_from(depth + 1, visit);
        }
    }

    /// The whole tree as text, for the one who writes a test.
    pub(crate) fn dump(&self) -> String {
        let mut text = String::new();
        self.walk(&mut |node, depth| {
            text += &format!("{}{} {:?}\n", "  ".repeat(depth), node.role(), node.name());
        });
        text
    }

    /// The first node below with this role and name, as it is now.
    pub(crate) fn look(&self, role: &str, name: &str) -> Option<Self> {
        self.first(&|node| node.name() == name && node.role() == role)
    }

    /// The first node below whose name contains `part`, as it is now.
    pub(crate) fn look_for_part(&self, role: &str, part: &str) -> Option<Self> {
        self.first(&|node| node.name().contains(part) && node.role() == role)
    }

    /// The first node below for which `wanted` holds, as it is now.
    pub(crate) fn first(&self, wanted: &dyn Fn(&Self) -> bool) -> Option<Self> {
        if wanted(self) {
            return Some(self.clone());
        }
        self.children().iter().find_map(|child| child.first(wanted))
    }

    /// Waits for a node with this role and name.
    pub(crate) fn find(&self, role: &str, name: &str) -> Self {
        wait(&format!("{role} {name:?}"), || self.look(role, name))
    }

    /// Waits for a node whose name contains `part`.
    pub(crate) fn find_part(&self, role: &str, part: &str) -> Self {
        wait(&format!("{role} with {part:?}"), || {
            self.look_for_part(role, part)
        })
    }

    /// Waits until there is no such node any more.
    pub(crate) fn gone(&self, role: &str, name: &str) {
        wait(&format!("no {role} {name:?}"), || {
            self.look(role, name).is_none().then_some(())
        });
    }

    /// Presses it.
    pub(crate) fn click(&self) {
        let done: Option<bool> = self.call("Action", "DoAction", &(0i32,));
        assert_eq!(
            done,
            Some(true),
            "{} {:?} cannot be pressed",
            self.role(),
            self.name()
        );
    }

    /// Puts `text` in place of what it holds.
    pub(crate) fn set_text(&self, text: &str) {
        let done: Option<bool> = self.call("EditableText", "SetTextContents", &(text,));
        assert_eq!(done, Some(true), "{:?} takes no text", self.name());
    }

    /// Selects a child of a list.
    pub(crate) fn select(&self, index: i32) {
        let done: Option<bool> = self.call("Selection", "SelectChild", &(index,));
        assert_eq!(done, Some(true), "{:?} has no child {index}", self.name());
    }

    /// Whether it can be used.
    pub(crate) fn is_sensitive(&self) -> bool {
        self.state(SENSITIVE)
    }

    /// Whether it is ticked.
    pub(crate) fn is_checked(&self) -> bool {
        self.state(CHECKED)
    }

    /// Whether it has the keyboard.
    pub(crate) fn is_focused(&self) -> bool {
        self.state(FOCUSED)
    }

    /// Whether it is chosen in its list.
    pub(crate) fn is_selected(&self) -> bool {
        self.state(SELECTED)
    }

    fn state(&self, bit: u32) -> bool {
        let states: Vec<u32> = self.call("Accessible", "GetState", &()).unwrap_or_default();
        let word = states.get(bit as usize / 32).copied().unwrap_or(0);
        word >> (bit % 32) & 1 == 1
    }

    /// Where it is in its window, in pixels: x, y, width, height.
    pub(crate) fn extents(&self) -> (i32, i32, i32, i32) {
        // 1: relative to the window. GTK 4.8 answers so whatever is asked.
        self.call("Component", "GetExtents", &(1u32,))
            .unwrap_or_default()
    }

    fn property(&self, interface: &str, name: &str) -> Option<OwnedValue> {
        let interface = format!("org.a11y.atspi.{interface}");
        let reply = self.bus.call_method(
            Some(self.owner.as_str()),
            self.path.as_str(),
            Some("org.freedesktop.DBus.Properties"),
            "Get",
            &(interface.as_str(), name),
        );
        reply.ok()?.body().deserialize().ok()
    }

    fn call<T>(
        &self,
        interface: &str,
        method: &str,
        arguments: &(impl serde::Serialize + zbus::zvariant::DynamicType),
    ) -> Option<T>
    where
        T: for<'a> serde::Deserialize<'a> + Type,
    {
        let interface = format!("org.a11y.atspi.{interface}");
        let reply = self.bus.call_method(
            Some(self.owner.as_str()),
            self.path.as_str(),
            Some(interface.as_str()),
            method,
            arguments,
        );
        reply.ok()?.body().deserialize().ok()
    }
}
