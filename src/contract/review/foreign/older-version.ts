import type { ReadOperation } from '../../from-openapi/document.ts'
import type { ForeignRule } from './foreign-rule.ts'

export const olderVersion: ForeignRule = {
  id: 'older-version',
  risk: 'API9',
  asvs: null,
  severity: 'warning',
  title: 'Where a newer version stands beside it, the older one is marked as deprecated',
  *check({ operations }) {
    const newest = new Map<string, number>()
    for (const operation of operations) {
      const version = versionOf(operation)
      if (version !== null) newest.set(shapeOf(operation), Math.max(version, newest.get(shapeOf(operation)) ?? 0))
    }
    for (const operation of operations) {
      const version = versionOf(operation)
      const latest = newest.get(shapeOf(operation)) ?? 0
      if (version === null || version >= latest || operation.deprecated || operation.extension?.deprecated) continue
      yield {
        operation,
        message: `version ${latest} stands beside it; what was mended there may still be open here`,
        fix: 'deprecated: true',
      }
    }
  },
}

const VERSION = /\/v(\d{1,4})(?=\/|$)/i
const versionOf = ({ path }: ReadOperation): number | null => {
  const found = VERSION.exec(path)?.[1]
  return found === undefined ? null : Number(found)
}
/** The operation without its version; parameters count by place, not by name. */
const shapeOf = ({ method, path }: ReadOperation): string =>
  `${method} ${path.replace(VERSION, '/v').replaceAll(/\{[^{}]*\}/g, '{}')}`
