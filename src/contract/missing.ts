// Read in compiler errors: the name of the type says what is wrong, its argument what to write.
// An intersection shows its first member on the first line of an error, so these stand first; `unknown` stands for "nothing is wrong".
declare const complaint: unique symbol

export interface Missing<What extends string> {
  readonly [complaint]: What
}
export interface NotInThePath<Name extends string> {
  readonly [complaint]: Name
}
export interface NoBodyWith<Method extends string> {
  readonly [complaint]: Method
}

/** Lets the compiler see whether a key was given (`Given` stays `never` where not) and demands nothing of it. */
export type Presence<Given> = [Given] extends [never] ? unknown : Given extends never ? Given : unknown
