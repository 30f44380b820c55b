import type { Rule } from '../finding.ts'

/** End of security updates by major version, as published in the Node.js release schedule. */
const END_OF_LIFE: Readonly<Record<number, string>> = {
  18: '2025-04-30',
  19: '2023-06-01',
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
}

export const runtimeEndOfLife: Rule = {
  id: 'runtime-end-of-life',
  risk: 'API8',
  asvs: '15.2.1',
  severity: 'warning',
  title: 'The runtime gets security updates',
  *check(_api, { runtime }) {
    if (!runtime) return
    const major = Number(/^v?(\d+)\./.exec(runtime.node)?.[1] ?? Number.NaN)
    const end = END_OF_LIFE[major]
    if (end === undefined) {
      const newer = major > Math.max(...Object.keys(END_OF_LIFE).map(Number))
      yield {
        subject: `Node ${runtime.node}`,
        severity: newer ? 'info' : 'warning',
        message: newer ? 'when its support ends is not known here' : 'its support ended long ago',
        fix: 'node: v24.0.0',
      }
    } else if (new Date(end) < runtime.now)
      yield { subject: `Node ${runtime.node}`, message: `its security updates ended on ${end}`, fix: 'node: v24.0.0' }
  },
}
