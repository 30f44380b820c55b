import type { Answer } from '../../engine/exchange.ts'
import type { Probe } from '../../probe.ts'
import type { AttackSeverity } from '../../verdict.ts'
import type { Sampled } from '../sampled-reads.ts'

/** What a page of another origin is allowed (Fetch standard, CORS protocol). */
export interface CorsReply {
  readonly answer: Answer
  /** Access-Control-Allow-Origin, as it stands. */
  readonly allowed: string | null
  readonly withCredentials: boolean
}

/** The owner's own read as a page of this origin would send it. */
export async function askFrom(probe: Probe, { control, owner }: Sampled, origin: string): Promise<CorsReply> {
  const { draft } = control
  const answer = await probe.send({ ...draft, headers: [...draft.headers, ['Origin', origin]] }, probe.identity(owner))
  return {
    answer,
    allowed: answer.headers['access-control-allow-origin']?.trim() ?? null,
    withCredentials: answer.headers['access-control-allow-credentials']?.trim() === 'true',
  }
}

export const isOpenTo = ({ allowed, withCredentials }: CorsReply, origin: string): boolean =>
  allowed === origin && withCredentials

/** An origin that no list can hold. */
export const strangeOrigin = (probe: Probe): string => `https://${probe.nonce()}.example`

/** Browsers add cookies by themselves; a token in a header the hostile page must have already. */
export const corsSeverity = (probe: Probe, { owner }: Sampled): AttackSeverity =>
  probe.identity(owner).plan.place.in === 'cookie' ? 'high' : 'medium'
