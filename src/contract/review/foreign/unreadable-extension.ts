import type { ForeignRule } from './foreign-rule.ts'

export const unreadableExtension: ForeignRule = {
  id: 'unreadable-extension',
  risk: null,
  asvs: null,
  severity: 'error',
  title: 'The x-turnpike of an operation can be read',
  *check({ operations }) {
    for (const operation of operations) {
      if (operation.extensionFault !== null)
        yield {
          operation,
          message: `${operation.extensionFault}; so it is not as turnpike/x-turnpike.schema.json has it, and says nothing`,
          fix: 'x-turnpike: { access: { owns: <parameter> }, limit: { rate: 100/minute } }',
        }
    }
  },
}
