import { bareFastify, spinningFastify } from './bare-fastify.ts'
import type { Contender } from './contender.ts'
import { expressStack } from './express.ts'
import { fastifyPlugins, fastifyPluginsCached } from './fastify-plugins.ts'
import { SCALE_GROUPS } from './scale.ts'
import { turnpikeEmbedded, turnpikeMemory, turnpikeMemoryNode } from './turnpike.ts'

/** In the order of the table; the first is what the others are compared with. */
export const COMPARED: readonly Contender[] = [
  bareFastify,
  spinningFastify,
  turnpikeMemory,
  turnpikeMemoryNode,
  turnpikeEmbedded,
  fastifyPlugins,
  fastifyPluginsCached,
  expressStack,
]

/** By name, for the process that is to be one of them. */
export function contenderOf(name: string | undefined): Contender | undefined {
  return [...COMPARED, ...Object.values(SCALE_GROUPS).flat()].find((contender) => contender.name === name)
}
