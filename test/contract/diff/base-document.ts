/** A small document in which every kind of change has something to change. Each call makes a new one. */
export function baseDocument() {
  return {
    openapi: '3.1.0',
    info: { title: 'Billing', version: '1.0.0' },
    servers: [{ url: 'https://api.example.com' }],
    components: {
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } as Record<string, unknown>,
        pin: { type: 'apiKey', in: 'header', name: 'x-pin' } as Record<string, unknown>,
      } as Record<string, Record<string, unknown>>,
    },
    'x-turnpike': {
      version: 1,
      resources: {
        invoice: {
          id: 'id',
          owner: 'userId',
          tenant: 'tenantId',
          read: { any: [{ owns: 'invoice' }, { role: 'admin' }] },
          refer: { owns: 'invoice' },
          parents: { user: 'userId' },
          fields: {
            card: { read: { role: 'billing' }, mask: 'card', seal: true },
            note: { read: { owns: 'invoice' }, write: { owns: 'invoice' } },
            userId: { write: false },
          } as Record<string, Record<string, unknown>>,
        } as Record<string, unknown>,
      } as Record<string, Record<string, unknown>>,
    },
    paths: {
      '/invoices/{invoice}': {
        get: {
          security: [{ accessToken: [] }],
          parameters: [idParameter()] as Record<string, unknown>[],
          responses: responses({
            type: 'object',
            properties: { id: text(36), total: { type: 'integer' } },
            additionalProperties: false,
          }),
          'x-turnpike': {
            access: { owns: 'invoice' },
            limit: { rate: '100/minute', cost: 2, maxBytes: 1000, timeoutSeconds: 5, concurrency: 10 },
            params: { invoice: { resource: 'invoice', within: 'user' } },
            sunset: '2027-06-01T00:00:00Z',
          },
        } as Operation,
        patch: {
          security: [{ accessToken: [], pin: [] }],
          deprecated: true,
          parameters: [idParameter()] as Record<string, unknown>[],
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: {
                    title: { type: 'string', maxLength: 100, minLength: 1, pattern: '^[a-z]+$' },
                    status: { type: 'string', enum: ['open', 'paid'] },
                    of: { type: 'string', maxLength: 36, 'x-turnpike-ref': 'invoice' },
                  } as Record<string, Record<string, unknown>>,
                  required: ['title'],
                  additionalProperties: false,
                } as Record<string, unknown>,
              },
            } as Record<string, unknown>,
          },
          responses: responses({ type: 'object', properties: {}, additionalProperties: false }),
        } as Operation,
      } as Record<string, Operation>,
      '/invoices': {
        get: {
          security: [{ accessToken: [] }],
          parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100 } }] as Record<
            string,
            unknown
          >[],
          responses: responses({
            type: 'array',
            maxItems: 100,
            items: { type: 'object', properties: { id: text(36), userId: text(36) }, additionalProperties: false },
          }),
          'x-turnpike': {
            access: { role: 'clerk' },
            each: { owns: 'invoice' },
            limit: { rate: '100/minute', by: [{ query: 'limit', rate: '10/minute' }] },
          },
        } as Operation,
        post: {
          security: [{ accessToken: [] }],
          responses: responses({ type: 'object', properties: {}, additionalProperties: false }),
          'x-turnpike': {
            access: { signedIn: true },
            limit: { rate: '100/minute' },
            flow: {
              once: true,
              perPrincipal: '3/day',
              stepUp: { freshSeconds: 300 },
              after: 'GET /invoices',
              minimumSeconds: 10,
            },
            idempotency: 'required',
            outbound: ['https://bank.example.com'],
          },
        } as Operation,
      } as Record<string, Operation>,
      '/hooks/bank': {
        post: {
          security: [],
          responses: responses({ type: 'object', properties: {}, additionalProperties: false }),
          'x-turnpike': {
            access: { anyone: 'signed by the bank' },
            limit: { rate: '100/minute' },
            signed: {
              sender: 'bank',
              signatureHeader: 'x-signature',
              timestampHeader: 'x-time',
              toleranceSeconds: 300,
            },
          },
        } as Operation,
      } as Record<string, Operation>,
    } as Record<string, Record<string, Operation>>,
  }
}

export type Base = ReturnType<typeof baseDocument>
// biome-ignore lint/suspicious/noExplicitAny: cases reach into plain JSON of any shape.
export type Operation = Record<string, any>

const text = (maxLength: number) => ({ type: 'string', maxLength })
const idParameter = () => ({ name: 'invoice', in: 'path', required: true, schema: text(36) })

function responses(schema: Record<string, unknown>) {
  const problem = { type: 'object', properties: { code: text(50) }, additionalProperties: false }
  return {
    '200': { description: 'ok', content: { 'application/json': { schema } } },
    '429': { description: 'slower', content: { 'application/problem+json': { schema: problem } } },
  }
}

/** The operation of a document, to be changed. */
export function operation(document: Base, id: string): Operation {
  const [method = '', path = ''] = id.split(' ')
  const found = document.paths[path]?.[method.toLowerCase()]
  if (!found) throw new Error(`the base has no ${id}`)
  return found
}

/** The schema of a body or of a success, to be changed. */
export const bodySchema = (document: Base) =>
  operation(document, 'PATCH /invoices/{invoice}').requestBody.content['application/json'].schema
export const replySchema = (document: Base, id: string) =>
  operation(document, id).responses['200'].content['application/json'].schema
