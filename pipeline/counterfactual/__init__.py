"""Whether scores move when names, pronouns and forms of address are swapped; they must not."""
