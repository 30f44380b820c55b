import { Refusal } from '../base/refusal.ts'
import type { Authenticated } from '../identity/identity.ts'
import type { Standing } from '../stores/store.ts'

/** The second half of step 5: what happened to the credential since it was issued (ASVS 7.4.1, 7.4.2, 8.3.2). */
export function checkStanding(verified: Authenticated, standing: Standing | null): void {
  if (standing === null) throw refused('the store said nothing of this credential')
  if (standing.revoked) throw refused('the token or its session was revoked')
  if (standing.disabled) throw refused('the principal is disabled')
  if (verified.epoch !== null && verified.epoch !== standing.epoch)
    throw refused(`the token is of epoch ${verified.epoch}, the principal is at ${standing.epoch}`)
  // Issuers count in whole seconds, so a token of the very second of the revocation is void too.
  if (verified.epoch === null && standing.revokedBefore > 0 && verified.issuedAt <= standing.revokedBefore)
    throw refused('the token was issued before the principal was revoked')
}

function refused(detail: string): Refusal {
  const description = 'The access token is not valid'
  return new Refusal('invalid_token', {
    detail,
    description,
    headers: { 'www-authenticate': `Bearer error="invalid_token", error_description="${description}"` },
  })
}
