//! Handlers are functions: `async fn(Context, caller, …)` with up to three parts of the request, as
//! axum's are. They are not axum's because all problems of all parts are answered at once.

use schemars::{Schema, SchemaGenerator};

use super::{
    input::{Input, InputSource, Parts},
    output::Output,
    validation::Problems,
};
use crate::{app::Context, auth::Principal, error::Result};

/// Answers requests of a `Caller` with inputs `I`.
pub trait Handler<Caller, I>: Copy + Send + Sync + 'static {
    type Output: Output;

    fn call(
        self,
        context: Context,
        caller: Caller,
        inputs: I,
    ) -> impl Future<Output = Result<Self::Output>> + Send;
}

macro_rules! handlers {
    ($($Input:ident $input:ident),*) => {
        impl<F, Answering, O, P, $($Input),*> Handler<P, ($($Input,)*)> for F
        where
            F: Fn(Context, P, $($Input),*) -> Answering + Copy + Send + Sync + 'static,
            Answering: Future<Output = Result<O>> + Send,
            O: Output,
            P: Principal,
            $($Input: Input,)*
        {
            type Output = O;

            fn call(
                self,
                context: Context,
                caller: P,
                ($($input,)*): ($($Input,)*),
            ) -> impl Future<Output = Result<O>> + Send {
                self(context, caller, $($input),*)
            }
        }
    };
}

handlers!();
handlers!(A a);
handlers!(A a, B b);
handlers!(A a, B b, C c);

/// What a handler reads from a request, a tuple.
pub trait Inputs: Sized + Send + 'static {
    const SOURCES: &'static [InputSource];

    /// Reads it; `None` if there are problems, which were added.
    fn read(parts: &mut Parts, problems: &mut Problems) -> Option<Self>;

    /// A schema for each source.
    fn schemas(generator: &mut SchemaGenerator) -> Vec<Schema>;
}

impl Inputs for () {
    const SOURCES: &'static [InputSource] = &[];

    fn read(_: &mut Parts, _: &mut Problems) -> Option<Self> {
        Some(())
    }

    fn schemas(_: &mut SchemaGenerator) -> Vec<Schema> {
        Vec::new()
    }
}

macro_rules! inputs {
    ($($Input:ident $input:ident),*) => {
        impl<$($Input: Input),*> Inputs for ($($Input,)*) {
            const SOURCES: &'static [InputSource] = &[$($Input::SOURCE),*];

            fn read(parts: &mut Parts, problems: &mut Problems) -> Option<Self> {
                // All are read before the first that failed ends it.
                $(let $input = $Input::read(parts, problems);)*
                Some(($($input?,)*))
            }

            fn schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
                vec![$($Input::schema(generator)),*]
            }
        }
    };
}

inputs!(A a);
inputs!(A a, B b);
inputs!(A a, B b, C c);
