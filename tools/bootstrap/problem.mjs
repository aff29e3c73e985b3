/** Something a person can put right; its message is one line that says what to do. */
export class Problem extends Error {}
