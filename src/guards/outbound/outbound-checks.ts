import { answerSchema } from './answer-schema.ts'
import { parseTarget } from './outbound-target.ts'
import { pinnedConnector } from './pinned-connector.ts'
import { vettedAddresses } from './vetted-addresses.ts'

/** The checks of an outbound call, in their order. One frozen record, as those of the pipeline: nothing in a running product replaces one. */
export const OUTBOUND_CHECKS = Object.freeze({
  target: parseTarget,
  addresses: vettedAddresses,
  connect: pinnedConnector,
  answerBytes: (maxBytes: number): number => maxBytes,
  answerSchema,
})

export type OutboundChecks = typeof OUTBOUND_CHECKS
