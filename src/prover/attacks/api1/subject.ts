import type { Identity } from '../../identities.ts'
import { at } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'

const PLACES = ['/id', '/sub', '/userId', '/user_id', '/user/id', '/data/id', '/profile/id', '/account/id']

/** The id of an identity, asked of the API where nothing else tells it. */
export async function knowSubject(probe: Probe, identity: Identity): Promise<string | null> {
  await probe.world.know(identity)
  const whoAmI = probe.operation(probe.plan.auth.whoAmI)
  if (identity.subject !== null || whoAmI === null) return identity.subject
  const answer = await probe.shared(`api1 who ${identity.name}`, async () =>
    probe.send(await probe.draft(whoAmI, identity), identity),
  )
  if (succeeded(answer)) identity.subject ??= idIn(answer.json)
  return identity.subject
}

function idIn(json: unknown): string | null {
  for (const place of PLACES) {
    const value = at(json, place)
    if (typeof value === 'string' || typeof value === 'number') return String(value)
  }
  return null
}
