import type { Api } from '../contract/api.ts'
import type { Risk } from '../contract/review/finding.ts'
import { joined, LAYERS, layersOf } from './layers.ts'
import { mutationsOf, rowWithSecret } from './mutations.ts'
import type { Away } from './switchboard.ts'

/** Something that is taken away, and how it is called. */
export interface Gone {
  readonly name: string
  readonly away: Away
}

/** The variable that tells a started trial what to take away. Nothing but a trial ever reads it. */
export const DRILL_VARIABLE = 'TURNPIKE_DRILL'

const AND = ' + '
const ALL = 'all layers of '

/** `limit-gone GET /v1/invoices + budget by input`. */
export const nameOf = (gone: readonly Gone[]): string => gone.map(({ name }) => name).join(AND)

/** Every layer of a risk. A projection is needed where rows say more than they may, so without it they do. */
export const allLayersOf = (risk: Risk): Gone => ({
  name: `${ALL}${risk}`,
  away: joined([...layersOf(risk), ...(risk === 'API3' ? [{ away: { checks: { projection: rowWithSecret } } }] : [])]),
})

/** What such a name takes away. @throws {TypeError} When the contract has nothing of that name. */
export function awayOf(api: Api, name: string): Away {
  const mutations = mutationsOf(api)
  const parts = name.split(AND).map((part): { readonly away: Away } => {
    const found =
      mutations.find(({ id }) => id === part) ??
      LAYERS.find((layer) => layer.name === part) ??
      LAYERS.flatMap(({ risks }) => risks)
        .map(allLayersOf)
        .find((all) => all.name === part)
    if (!found) throw new TypeError(`${DRILL_VARIABLE} is "${part}", and "${api.title}" has no such protection`)
    return found
  })
  return joined(parts)
}
