//! A token vault in memory, for the tests of this crate.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

use crate::{
    ProtectError, TokenVault,
    vault::{Entry, Subject, Token},
};

#[derive(Default, Debug)]
struct Memory {
    tokens: Mutex<HashMap<(String, Subject), Token>>,
    sealed: Mutex<HashMap<(String, Token), Vec<u8>>>,
}

static MEMORY: LazyLock<Arc<Memory>> = LazyLock::new(Arc::default);

/// The one vault of all tests: each takes domains of its own.
pub(crate) fn vault() -> Arc<dyn TokenVault> {
    Arc::<Memory>::clone(&MEMORY)
}

/// Exchanges the sealed values of two tokens.
pub(super) fn exchange(domain: &str, one: Token, two: Token) {
    let mut sealed = MEMORY.sealed.lock().unwrap();
    let (one, two) = ((domain.to_owned(), one), (domain.to_owned(), two));
    let (first, second) = (sealed[&one].clone(), sealed[&two].clone());
    sealed.insert(one, second);
    sealed.insert(two, first);
}

impl TokenVault for Memory {
    fn find(&self, domain: &str, subjects: &[Subject]) -> Result<Vec<Option<Token>>, ProtectError> {
        let tokens = self.tokens.lock().unwrap();
        let found = subjects
            .iter()
            .map(|subject| tokens.get(&(domain.to_owned(), *subject)));
        Ok(found.map(Option::<&Token>::copied).collect())
    }

    fn keep(
        &self,
        domain: &str,
        entries: &[Entry],
        _: Option<u64>,
    ) -> Result<Vec<Token>, ProtectError> {
        let mut tokens = self.tokens.lock().unwrap();
        let mut sealed = self.sealed.lock().unwrap();
        let keep = |entry: &Entry| {
            let stands = match entry.subject {
                Some(subject) => *tokens
                    .entry((domain.to_owned(), subject))
                    .or_insert(entry.token),
                None => entry.token,
            };
            if stands == entry.token {
                sealed.insert((domain.to_owned(), stands), entry.sealed.clone());
            }
            stands
        };
        Ok(entries.iter().map(keep).collect())
    }

    fn sealed(&self, domain: &str, tokens: &[Token]) -> Result<Vec<Option<Vec<u8>>>, ProtectError> {
        let sealed = self.sealed.lock().unwrap();
        let found = tokens
            .iter()
            .map(|token| sealed.get(&(domain.to_owned(), *token)).cloned());
        Ok(found.collect())
    }
}
