/**
 * Signs claims with the target's own key, which only whoever runs the API in memory can lend. The claims are signed as they are: nothing is
 * added, an absent `exp` stays absent.
 * @param header - Members over the API's own (`alg`, `kid`, `typ`).
 */
export type Signer = (claims: Record<string, unknown>, header?: Record<string, unknown>) => Promise<string>
