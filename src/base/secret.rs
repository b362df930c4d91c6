//! A PIN, PUK or key on its way from the keyboard to the card.

use std::fmt;

use zeroize::Zeroize;

use super::os::LockedPages;

/// Bytes that must not be copied, printed or left behind.
///
/// They live in pages of their own that are locked in memory, left out of core dumps and
/// wiped on drop. There is no `Clone` and no `Display`; `Debug` shows a length only, so a
/// message that holds a `Secret` can be logged.
pub struct Secret {
    pages: LockedPages,
    len: usize,
}

impl Secret {
    /// Copies `bytes` into locked memory. The caller's copy is the caller's to wipe.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let mut secret = Self::with_capacity(bytes.len());
        secret.extend(bytes);
        secret
    }

    /// An empty secret with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            pages: LockedPages::new(capacity),
            len: 0,
        }
    }

    /// Takes over a buffer and wipes it.
    #[must_use]
    pub fn take(mut bytes: Vec<u8>) -> Self {
        let secret = Self::new(&bytes);
        bytes.zeroize();
        secret
    }

    /// The bytes. Hand them on by reference only.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.pages.as_slice().get(..self.len).unwrap_or_default()
    }

    /// The number of bytes (not of characters).
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of characters, if the bytes are UTF-8.
    #[must_use]
    pub fn chars(&self) -> Option<usize> {
        std::str::from_utf8(self.expose())
            .ok()
            .map(|text| text.chars().count())
    }

    /// Appends bytes, moving to larger pages (and wiping the old ones) where needed.
    pub fn extend(&mut self, bytes: &[u8]) {
        let needed = self.len + bytes.len();
        if needed > self.pages.as_slice().len() {
            let mut larger = LockedPages::new(needed * 2);
            for (to, from) in larger.as_mut_slice().iter_mut().zip(self.expose()) {
                *to = *from;
            }
            self.pages = larger;
        }
        let tail = self.pages.as_mut_slice().iter_mut().skip(self.len);
        for (to, from) in tail.zip(bytes) {
            *to = *from;
        }
        self.len = needed;
    }

    /// Has `read` put up to `most` bytes behind those that are there, straight into the locked pages,
    /// and tell how many they were. What it wrote beyond that number is wiped.
    ///
    /// # Errors
    ///
    /// Those of `read`; nothing is added then.
    pub fn fill<E>(
        &mut self,
        most: usize,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let len = self.len;
        let room = self.pages.as_slice().len() - len;
        if room < most {
            // The pages are what has to be larger, not the secret.
            let mut larger = Self::with_capacity((len + most) * 2);
            larger.extend(self.expose());
            *self = larger;
        }
        let spare = self.pages.as_mut_slice().get_mut(len..len + most);
        let Some(spare) = spare else { return Ok(0) };
        let read = read(spare);
        let count = read.as_ref().map_or(0, |&count| count.min(most));
        if let Some(rest) = spare.get_mut(count..) {
            rest.zeroize();
        }
        self.len = len + count;
        read.map(|_| count)
    }

    /// Puts `bytes` at the byte position `at` (the end, if it is past it).
    pub fn insert(&mut self, at: usize, bytes: &[u8]) {
        let at = at.min(self.len);
        self.extend(bytes);
        if let Some(tail) = self.pages.as_mut_slice().get_mut(at..self.len) {
            tail.rotate_right(bytes.len().min(tail.len()));
        }
    }

    /// Removes the bytes of `range`, as far as there are any.
    pub fn remove(&mut self, range: std::ops::Range<usize>) {
        let end = range.end.min(self.len);
        let start = range.start.min(end);
        let removed = end - start;
        let len = self.len;
        if let Some(tail) = self.pages.as_mut_slice().get_mut(start..len) {
            tail.rotate_left(removed);
        }
        self.truncate(len - removed);
    }

    /// Shortens to `len` bytes and wipes the rest.
    pub fn truncate(&mut self, len: usize) {
        let old = self.len;
        if let Some(rest) = self.pages.as_mut_slice().get_mut(len..old) {
            rest.zeroize();
        }
        self.len = len.min(old);
    }

    /// Whether both hold the same bytes, in a time that depends on the lengths only.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        let differing = self
            .expose()
            .iter()
            .zip(other.expose())
            .fold(0, |seen, (a, b)| seen | (a ^ b));
        self.len == other.len && differing == 0
    }

    /// A second copy, for a dialog that stays open while the first goes to the card.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::new(self.expose())
    }
}

/// Overwrites what functions that have returned left on the stack below the caller: digests keep
/// parts of what they worked on there. To be called by whoever handed them a secret, from the
/// function that called them.
#[inline(never)]
pub fn wipe_stack() {
    // More than any of them uses.
    let mut below = [0_u8; 16 * 1024];
    below.zeroize();
    std::hint::black_box(&below);
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_dump_shows_a_length_only() {
        assert_eq!(format!("{:?}", Secret::new(b"123456")), "Secret(6 bytes)");
    }

    #[test]
    fn typing_and_deleting_in_the_middle_keeps_the_order() {
        let mut secret = Secret::new(b"12456");
        secret.insert(2, b"3");
        assert_eq!(secret.expose(), b"123456");
        secret.remove(0..2);
        assert_eq!(secret.expose(), b"3456");
        secret.remove(3..99);
        assert_eq!(secret.expose(), b"345");
        secret.extend(&[b'x'; 5000]);
        assert_eq!(secret.len(), 5003);
        assert_eq!(secret.expose().get(..4), Some(&b"345x"[..]));
    }

    #[test]
    fn what_is_read_goes_behind_what_is_there() {
        let mut secret = Secret::new(b"12");
        let read = secret.fill(3, |spare| {
            spare.fill(b'x');
            Ok::<_, ()>(1)
        });
        assert_eq!(read, Ok(1));
        assert_eq!(secret.expose(), b"12x");
        assert_eq!(secret.fill(9000, |_| Err(())), Err(()));
        secret.extend(b"3");
        assert_eq!(secret.expose(), b"12x3");
    }

    #[test]
    fn comparison_minds_the_length() {
        assert!(Secret::new(b"abc").same_as(&Secret::new(b"abc")));
        assert!(!Secret::new(b"abc").same_as(&Secret::new(b"abcd")));
        assert!(!Secret::new(b"abc").same_as(&Secret::new(b"abd")));
    }
}
