//! Lists that are there as a whole, shown page by page.

#[derive(Debug)]
pub(super) struct Slice<T> {
    pub(super) items: Vec<T>,
    pub(super) page: usize,
    pub(super) pages: usize,
    pub(super) total: usize,
}

impl<T> Slice<T> {
    /// The page that an address names; the last one if there are not so many.
    pub(super) fn of(all: Vec<T>, page: &str, size: usize) -> Self {
        let total = all.len();
        let pages = Ord::max(total.div_ceil(size), 1);
        let page = Ord::clamp(page.parse().unwrap_or(1), 1, pages);
        let items = all.into_iter().skip((page - 1) * size).take(size).collect();
        Self { items, page, pages, total }
    }

    pub(super) fn earlier(&self) -> Option<usize> {
        (self.page > 1).then(|| self.page - 1)
    }

    pub(super) fn later(&self) -> Option<usize> {
        (self.page < self.pages).then(|| self.page + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Slice;

    #[test]
    fn every_page_is_one_that_there_is() {
        for (page, items, shown) in [
            ("", vec![1, 2], 1),
            ("2", vec![3, 4], 2),
            ("3", vec![5], 3),
            ("4", vec![5], 3),
            ("0", vec![1, 2], 1),
            ("-1", vec![1, 2], 1),
            ("99999999999999999999999", vec![1, 2], 1),
        ] {
            let slice = Slice::of(vec![1, 2, 3, 4, 5], page, 2);
            assert_eq!((slice.items, slice.page, slice.pages, slice.total), (items, shown, 3, 5));
        }
        let empty = Slice::of(Vec::<u8>::new(), "1", 2);
        assert_eq!((empty.earlier(), empty.later(), empty.pages), (None, None, 1));
    }
}
