import type { Risk } from '../contract/review/finding.ts'
import { anyAddress, anyTarget, STAND_INS } from './stand-ins.ts'
import type { Away } from './switchboard.ts'

/** One of the protections that hold a risk, as it is taken away. */
export interface Layer {
  readonly name: string
  readonly risks: readonly Risk[]
  readonly away: Away
}

type Name = keyof typeof STAND_INS
const without = (...names: readonly Name[]): Away => ({
  checks: Object.fromEntries(names.map((name) => [name, STAND_INS[name]])),
})

/** Every layer that is a check, with the risks that it holds. What stands outside the process, such as row-level security, is not here. */
export const LAYERS: readonly Layer[] = [
  { name: 'token verification', risks: ['API2'], away: without('verify') },
  { name: 'standing (revocation)', risks: ['API2'], away: without('standing') },
  { name: 'function rule', risks: ['API2', 'API5', 'API9'], away: without('functionAccess') },
  { name: 'object rule', risks: ['API1', 'API2', 'API5', 'API9'], away: without('objectAccess') },
  { name: 'tenant wall', risks: ['API1', 'API2', 'API5'], away: without('tenantWall') },
  { name: 'parent link', risks: ['API1'], away: without('parentLink') },
  { name: 'reference rule', risks: ['API1', 'API2', 'API5'], away: without('referenceAccess') },
  { name: 'reply rows', risks: ['API1', 'API2', 'API5'], away: without('replyRows') },
  { name: 'strict input', risks: ['API3', 'API4', 'API6'], away: without('schema') },
  { name: 'writable fields', risks: ['API3', 'API1'], away: without('writableFields') },
  { name: 'projection', risks: ['API2', 'API3', 'API5'], away: without('projection') },
  { name: 'readable fields', risks: ['API3'], away: without('reader') },
  { name: 'budget', risks: ['API4'], away: without('budget') },
  { name: 'budget by input', risks: ['API4', 'API2'], away: without('inputBudget') },
  { name: 'body size', risks: ['API4'], away: without('bodySize') },
  { name: 'JSON depth', risks: ['API4'], away: without('jsonDepth') },
  { name: 'idempotency', risks: ['API6'], away: without('replay') },
  { name: 'once', risks: ['API6'], away: without('flowOnce') },
  { name: 'quota', risks: ['API6'], away: without('flowQuota') },
  { name: 'order of steps', risks: ['API6'], away: without('flowOrder') },
  { name: 'step-up', risks: ['API6'], away: without('flowStepUp') },
  { name: 'outbound target', risks: ['API7'], away: { outbound: { target: anyTarget } } },
  { name: 'outbound addresses', risks: ['API7'], away: { outbound: { addresses: anyAddress } } },
  { name: 'origin', risks: ['API8'], away: { checks: { origin: openOrigin } } },
  { name: 'security headers', risks: ['API8'], away: without('securityHeaders') },
  { name: 'problems without internals', risks: ['API8'], away: without('problem') },
  { name: 'lifecycle', risks: ['API9'], away: without('lifecycle') },
  {
    name: 'answer schema',
    risks: ['API10'],
    away: { outbound: { answerSchema: (async (_schema: unknown, value: unknown) => value) as never } },
  },
  { name: 'answer size', risks: ['API10'], away: { outbound: { answerBytes: () => 100_000_000 } } },
  { name: 'signed webhook', risks: ['API10'], away: without('signedBody') },
  { name: 'delivery taken once', risks: ['API10'], away: without('takeDelivery') },
]

/** Lets every origin in, with credentials: what people write to make an error go away. */
function openOrigin(request: { readonly headers: { get(name: string): string | undefined } }) {
  const origin = request.headers.get('origin')
  return {
    headers:
      origin === undefined ? {} : { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' },
  }
}

/** The layers that hold a risk. */
export const layersOf = (risk: Risk): readonly Layer[] => LAYERS.filter(({ risks }) => risks.includes(risk))

/** Whether a layer is gone already where this is away. */
export const isWithin = ({ away: { checks = {}, outbound = {} } }: Layer, away: Away): boolean =>
  Object.keys(checks).every((name) => Object.hasOwn(away.checks ?? {}, name)) &&
  Object.keys(outbound).every((name) => Object.hasOwn(away.outbound ?? {}, name))

/** All of these taken away at once. */
export const joined = (layers: readonly { readonly away: Away }[]): Away => ({
  checks: Object.assign({}, ...layers.map(({ away }) => away.checks)),
  outbound: Object.assign({}, ...layers.map(({ away }) => away.outbound)),
})
