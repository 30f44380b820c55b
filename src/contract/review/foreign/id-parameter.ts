import type { ForeignRule } from './document.ts'

export const idParameter: ForeignRule = {
  id: 'id-parameter',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'warning',
  title: 'The document says whose the objects are that callers name',
  *check({ operations }) {
    for (const operation of operations) {
      for (const { name, in: place, schema } of operation.parameters) {
        const isId =
          place === 'path' ? /(^|_)id$|I[dD]$|uuid/i.test(name) || schema.format === 'uuid' : /._id$|.I[dD]$/.test(name)
        if (isId)
          yield {
            operation,
            message: `the client chooses ${place} ${name}, and nothing says who may; only an attack or x-turnpike can tell`,
            fix: `x-turnpike: { params: { ${name}: { resource: … } }, access: { owns: ${name} }, limit: { rate: 100/minute } }`,
          }
      }
    }
  },
}
