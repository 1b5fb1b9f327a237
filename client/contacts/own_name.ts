/** What the owner is called in commands that keep notes. */
export const OWN_NAME = "me";
