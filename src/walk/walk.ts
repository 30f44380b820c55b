import { randomUUID } from 'node:crypto'
import type { Endpoint } from '../contract/endpoint.ts'
import { NOBODY, type Principal } from '../contract/principal.ts'
import type { NamedSpent } from '../guards/budget.ts'
import type { CanonicalRequest } from '../guards/transport.ts'

export const STEPS = [
  'transport',
  'inventory',
  'origin',
  'identity',
  'budget',
  'function',
  'input',
  'replay',
  'object',
  'flow',
  'handle',
  'reply',
  'headers',
  'record',
] as const
export type StepName = (typeof STEPS)[number]

/**
 * What a request established on its way, for the record alone: guards get their arguments from each other's results, never from here.
 * A refusal is explained by the step it stopped at and by what the steps before had found.
 */
export class Walk {
  readonly requestId = randomUUID()
  readonly startedAt = performance.now()
  readonly method: string
  step: StepName = 'transport'
  request: CanonicalRequest | null = null
  endpoint: Endpoint | null = null
  principal: Principal = NOBODY
  spent: readonly NamedSpent[] = []
  objects: readonly string[] = []
  replayed = false
  /** Headers that even a refusal carries from here on: CORS, lifecycle. */
  headers: Readonly<Record<string, string>> = {}
  readonly #marks: number[] = []

  constructor(method: string) {
    this.method = method
  }

  /** Enters a step, and notes when. */
  enter(step: StepName): void {
    this.step = step
    this.#marks.push(performance.now())
  }

  /** The steps walked, with what each established, in words. Written only when somebody is going to read it. */
  describe(): readonly { readonly step: StepName; readonly established: string; readonly milliseconds: number }[] {
    const end = performance.now()
    return this.#marks.map((mark, index) => {
      const step = STEPS[index] as StepName
      return {
        step,
        established: this.#established(step),
        milliseconds: Math.round(((this.#marks[index + 1] ?? end) - mark) * 1000) / 1000,
      }
    })
  }

  #established(step: StepName): string {
    const { request, endpoint, principal } = this
    switch (step) {
      case 'transport':
        return request
          ? `${this.method} ${request.path} from ${request.addressKey}${request.tls ? ' over TLS' : ''}`
          : ''
      case 'inventory':
        return endpoint?.id ?? ''
      case 'origin':
        return this.headers['access-control-allow-origin'] ?? 'no other origin'
      case 'identity':
        return principal.kind === 'nobody' ? 'nobody' : `${principal.kind} ${principal.key}`
      case 'budget':
        return this.spent.map(({ name, remaining, limit }) => `${name}: ${remaining} of ${limit} left`).join(', ')
      case 'object':
        return this.objects.join(', ')
      case 'replay':
        return this.replayed ? 'the stored reply' : ''
      default:
        return ''
    }
  }
}
