"""Whether scores move when names, pronouns and forms of address are swapped; they must not.

stored       which calls are drawn, and what is known of each
one_call     scores one call again in every way to say it
variants     the ways to say it, made of
    names            lists of names that are heard as those of one group
    swapped_words    a transcript with other words at the same times
movements    what moved between two ways to say it, and which step moved it
report       what moved in all calls, added up by what was swapped
"""
