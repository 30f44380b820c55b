import type { AccessData } from '../access.ts'

/** The rule as one writes it in a contract. */
export function writeRule(data: AccessData): string {
  switch (data.kind) {
    case 'anyone':
      return `anyone('${data.why}')`
    case 'signedIn':
      return 'signedIn'
    case 'scope':
      return `scope('${data.scope}')`
    case 'role':
      return `role('${data.role}')`
    case 'owns':
      return `owns('${data.object}')`
    case 'related':
      return `related('${data.relation}', '${data.object}')`
    case 'reads':
      return `reads('${data.object}')`
    case 'fresh':
      return `fresh('${data.seconds}s')`
    case 'factors':
      return `factors(${data.count})`
    case 'rule':
      return `rule('${data.name}', …)`
    case 'any':
    case 'all': {
      const [only, ...more] = data.of
      return only !== undefined && more.length === 0
        ? writeRule(only)
        : `${data.kind}(${data.of.map(writeRule).join(', ')})`
    }
  }
}
