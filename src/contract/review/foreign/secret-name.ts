/** What nobody gets to see again: `passwordHash`, `client_secret`, `cvv`, `otp`. */
const NEVER =
  /pass(?:word|wd|phrase)|(?:^|[-_.])secret|[a-z]Secret|secret$|hash$|salt$|private[-_]?key|^(?:cvv2?|cvc2?|ssn|pin|otp|mfa[-_]?code|totp)$|[-_](?:pin|otp|cvv|cvc|ssn)$|[a-z](?:Pin|Otp|Cvv|Cvc|Ssn)$/i
/** What is handed out where somebody signs in, and nowhere else: `access_token`, `apiKey`. */
const CREDENTIAL = /token$|api[-_]?key$|credentials?$|^jwt$|^session[-_]?id$/i
/** Pages are continued by a token too; and what tells of a secret is none. */
const HARMLESS =
  /page|next|cursor|continuation|sync|csrf|token[-_]?(?:type|id|kind)|password[-_]?(?:changed|expir|updated|policy|hint|reset|strength|min|max)|(?:has|is|need|require)[-_]?[A-Za-z_]*(?:password|secret|pin)|(?:content|commit|file|tx|transaction|block|image|git|sha)[-_]?\w*hash/i

export const isNeverShown = (name: string): boolean => NEVER.test(name) && !HARMLESS.test(name)
export const isCredentialName = (name: string): boolean => CREDENTIAL.test(name) && !HARMLESS.test(name)
