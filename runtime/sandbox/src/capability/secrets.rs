//! `secrets`: tokens, never secrets. What is not granted is an ordinary answer that the guest sees.

use innominatus_effect::{Call, Outcome, SecretError};

use crate::bounds::{json, name, word};
use crate::contract::since_1_0::denial_to_guest;
use crate::contract::since_1_0::wit::secrets;
use crate::host::Host;

impl secrets::Host for Host {
    async fn reference(&mut self, secret: String) -> wasmtime::Result<Result<String, secrets::Error>> {
        self.admit("secrets.reference", secret.len())?;
        let name = self.checked(word("the secret", secret))?;
        match self.cross(Call::SecretReference { name }).await? {
            Outcome::Token(answer) => Ok(answer.map_err(refusal)),
            _ => Err(self.misshapen("secrets.reference")),
        }
    }

    async fn generate(
        &mut self,
        secret: String,
        recipe: String,
        options: String,
    ) -> wasmtime::Result<Result<secrets::Minted, secrets::Error>> {
        self.admit("secrets.generate", secret.len() + recipe.len() + options.len())?;
        let secret = self.checked(word("the secret", secret))?;
        let recipe = self.checked(name("the recipe", recipe))?;
        let options = self.checked(json("the options of the recipe", &options))?;
        match self.cross(Call::SecretGenerate { name: secret, recipe, options }).await? {
            Outcome::Minted(answer) => Ok(answer
                .map(|minted| secrets::Minted { token: minted.token, public: minted.public })
                .map_err(refusal)),
            _ => Err(self.misshapen("secrets.generate")),
        }
    }
}

fn refusal(error: SecretError) -> secrets::Error {
    match error {
        SecretError::Denied(denial) => secrets::Error::Denied(denial_to_guest(denial)),
        SecretError::NotFound => secrets::Error::NotFound,
    }
}
