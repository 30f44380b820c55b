import type { ForeignRule } from './document.ts'

export const unreadableExtension: ForeignRule = {
  id: 'unreadable-extension',
  risk: null,
  asvs: null,
  severity: 'error',
  title: 'The x-turnpike of an operation can be read: its access, limit and params',
  *check({ operations }) {
    for (const operation of operations) {
      if (operation.extensionFault !== null)
        yield {
          operation,
          message: `${operation.extensionFault} is not as turnpike/x-turnpike.schema.json has it, so that it says nothing`,
          fix: 'x-turnpike: { access: { owns: <parameter> }, limit: { rate: 100/minute } }',
        }
    }
  },
}
