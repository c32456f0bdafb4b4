//! Finding the handler of a request: routes are tried in order and the first match wins.

use std::fmt;

use serde_json::{Map, Value};

use super::Endpoint;

/// The methods that operations have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the methods of HTTP")]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A route and its handler.
#[derive(Clone)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path below `/jobbergate`, with `{name}` for a segment and `{name:path}` for the rest.
    pub pattern: &'static str,
    /// What it is for, in a sentence.
    pub summary: &'static str,
    /// The handler.
    pub endpoint: Endpoint,
}

/// All routes, in order.
#[derive(Clone, Default)]
pub struct Router(pub Vec<Route>);

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|route| route.pattern)).finish()
    }
}

impl Router {
    /// Adds a route after those there are.
    #[must_use]
    pub fn route(
        mut self,
        method: Method,
        pattern: &'static str,
        summary: &'static str,
        endpoint: Endpoint,
    ) -> Self {
        self.0.push(Route { method, pattern, summary, endpoint });
        self
    }

    /// Adds another router's routes.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The route of a request, or why there is none.
    pub(crate) fn find(&self, method: &str, path: &str) -> Found<'_> {
        let mut other_method = None;
        for route in &self.0 {
            let Some(parameters) = matches(route.pattern, path) else { continue };
            if route.method.as_str() == method {
                return Found::Route(route, parameters);
            }
            other_method.get_or_insert(route.method);
        }
        match other_method {
            Some(allowed) => Found::OtherMethod(allowed),
            None => Found::Nothing,
        }
    }

    /// Whether there is a route of this path, whatever the method.
    pub(crate) fn knows(&self, path: &str) -> bool {
        self.0.iter().any(|route| matches(route.pattern, path).is_some())
    }
}

/// What the routes say of a request.
pub(crate) enum Found<'a> {
    /// A route, with the path's parameters.
    Route(&'a Route, Map<String, Value>),
    /// The path is known, with this method.
    OtherMethod(Method),
    Nothing,
}

/// The parameters of `path` if it matches.
fn matches(pattern: &str, path: &str) -> Option<Map<String, Value>> {
    let mut parameters = Map::new();
    let mut rest = Some(path);
    let mut segments = pattern.split('/');
    segments.next();
    rest = rest?.strip_prefix('/').map(Some)?;
    for segment in segments {
        let left = rest?;
        if let Some(name) = segment.strip_prefix('{').and_then(|s| s.strip_suffix(":path}")) {
            parameters.insert(name.to_owned(), Value::String(left.to_owned()));
            return Some(parameters);
        }
        let (found, remaining) = match left.split_once('/') {
            Some((found, remaining)) => (found, Some(remaining)),
            None => (left, None),
        };
        match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
            Some(name) if !found.is_empty() => {
                parameters.insert(name.to_owned(), Value::String(found.to_owned()));
            }
            None if segment == found => {}
            _ => return None,
        }
        rest = remaining;
    }
    rest.is_none().then_some(parameters)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_segment_matches_one_segment_and_a_path_matches_the_rest() {
        let found = matches("/a/{id}/x", "/a/7/x").unwrap();
        assert_eq!(found["id"], "7");
        assert!(matches("/a/{id}", "/a/").is_none());
        assert!(matches("/a/{id}", "/a/b/c").is_none());
        assert!(matches("/a", "/a/").is_none());
        assert!(matches("/a", "//a").is_none());
        assert_eq!(matches("/f/{name:path}", "/f/d/../e").unwrap()["name"], "d/../e");
    }
}
