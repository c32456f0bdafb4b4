//! Where the page of an application is.

use jobbergate_types::job_script_templates::JobTemplateListView;

use crate::web::portal::Site;

/// By identifier, which people can read and keep, unless something else is there or it is no plain
/// part of a path.
pub(in crate::web::portal) fn address(site: &Site, template: &JobTemplateListView) -> String {
    let readable = template.identifier.as_deref().filter(|identifier| is_plain(identifier));
    match readable {
        Some(identifier) => site.path(&format!("/applications/{identifier}")),
        None => site.path(&format!("/applications/{}", template.id)),
    }
}

fn is_plain(identifier: &str) -> bool {
    identifier.starts_with(|first: char| first.is_ascii_alphabetic())
        && identifier.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        && identifier != "new"
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn what_is_no_plain_part_of_a_path_is_none() {
        for plain in ["heat", "heat-2d", "A_b"] {
            assert!(is_plain(plain), "{plain}");
        }
        for odd in ["new", "", "12", "+1", "..", "a/b", "ä", "a b", "a?b", "a%2f", "a.b"] {
            assert!(!is_plain(odd), "{odd}");
        }
    }
}
