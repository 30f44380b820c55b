const ISSUER = /^\S{1,255}$/

/** Whether a text can name an issuer: without white space, so that issuer and subject never run together. */
export function isIssuer(issuer: unknown): issuer is string {
  return typeof issuer === 'string' && ISSUER.test(issuer)
}

/** Issuer and subject in one string. Two issuers' users of one name are two principals. */
export function principalKey(issuer: string, subject: string): string {
  return `${issuer} ${subject}`
}
