import type { Risk } from '../contract/review/finding.ts'
import { allLayersOf, type Gone } from './drill-name.ts'
import { layersOf } from './layers.ts'
import type { Mutation } from './mutations.ts'
import type { Aim, Shot } from './range.ts'

/** What came of taking all layers of a risk away at once. */
export interface LayerResult {
  readonly risk: Risk
  readonly layers: readonly string[]
  readonly outcome: 'red' | 'survived' | 'untried'
  /** Attacks that went through, or why none came to a verdict. */
  readonly by: readonly string[]
}

interface Together {
  readonly aim: Aim
  readonly gone: Gone
  judged(shot: Shot): LayerResult
}

/** One shot for each risk that the contract has protections against: with every layer of it away, an attack must go through. */
export function layersTogether(mutations: readonly Mutation[]): readonly Together[] {
  return [...new Set(mutations.map(({ risk }) => risk))].sort(byNumber).map((risk) => {
    return {
      aim: { attacks: attacksOf(mutations.filter((each) => each.risk === risk)), endpoint: null },
      gone: allLayersOf(risk),
      judged: ({ through, decided, reasons }) => ({
        risk,
        layers: layersOf(risk).map(({ name }) => name),
        outcome: through.length > 0 ? 'red' : decided > 0 ? 'survived' : 'untried',
        by: through.length > 0 ? through : reasons,
      }),
    }
  })
}

/** Numbers of the attacks that ought to notice one of these. */
export const attacksOf = (mutations: readonly Mutation[]): readonly number[] => [
  ...new Set(mutations.flatMap(({ attacks }) => attacks)),
]

const byNumber = (one: Risk, other: Risk): number => Number(one.slice(3)) - Number(other.slice(3))
