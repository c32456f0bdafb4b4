//! Finding the handler of a request: routes are tried in order and the first match wins.

use std::fmt;

use axum::http::Method;
use serde_json::{Map, Value};

use super::{
    Endpoint, ResponseDoc,
    handler::{Handler, Inputs},
};
use crate::auth::Principal;

#[derive(Clone)]
pub struct Route {
    pub method: Method,
    /// The path below `/jobbergate`, with `{name}` for a segment and `{name:path}` for the rest.
    pub pattern: &'static str,
    /// What it is for, in a sentence.
    pub summary: &'static str,
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

macro_rules! methods {
    ($($method:ident $name:ident),*) => {
        $(#[must_use]
        pub fn $name<P: Principal, I: Inputs>(
            mut self,
            pattern: &'static str,
            summary: &'static str,
            handler: impl Handler<P, I>,
        ) -> Self {
            let endpoint = Endpoint::new(handler);
            self.0.push(Route { method: Method::$method, pattern, summary, endpoint });
            self
        })*
    };
}

impl Router {
    methods!(GET get, POST post, PUT put, DELETE delete);

    /// Describes the last route with these responses, too.
    #[must_use]
    pub fn responding(mut self, responses: &'static [ResponseDoc]) -> Self {
        if let Some(route) = self.0.last_mut() {
            route.endpoint.responses = responses;
        }
        self
    }

    /// Lets requests to the last route have a key, so that none is done twice.
    #[must_use]
    pub fn keyed(mut self) -> Self {
        if let Some(route) = self.0.last_mut() {
            route.endpoint.takes_key = true;
        }
        self
    }

    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The route of a request, or why there is none.
    pub(crate) fn find(&self, method: &Method, path: &str) -> RouteMatch<'_> {
        let mut other_method = None;
        for route in &self.0 {
            let Some(parameters) = matches(route.pattern, path) else { continue };
            if route.method == method {
                return RouteMatch::Route(route, parameters);
            }
            other_method.get_or_insert(&route.method);
        }
        other_method.map_or(RouteMatch::Nothing, RouteMatch::OtherMethod)
    }

    /// Whether there is a route of this path, whatever the method.
    pub(crate) fn knows(&self, path: &str) -> bool {
        self.0.iter().any(|route| matches(route.pattern, path).is_some())
    }
}

pub(crate) enum RouteMatch<'a> {
    Route(&'a Route, Map<String, Value>),
    /// The path is known, with this method.
    OtherMethod(&'a Method),
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
