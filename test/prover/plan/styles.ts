/** Small documents as very different teams write them. */

/** Public reading, slugs, everything wrapped by its name, `Token` in place of `Bearer`. */
export const SOCIAL = `
openapi: 3.0.1
info: { title: Social, version: 1.0.0 }
paths:
  /users/login: { post: { operationId: Login, requestBody: { content: { application/json: { schema: { type: object, properties: { user: { $ref: '#/components/schemas/LoginUser' } } } } } }, responses: { '200': { $ref: '#/components/responses/User' } } } }
  /users: { post: { requestBody: { content: { application/json: { schema: { type: object, properties: { user: { type: object, required: [username, email, password], properties: { username: { type: string }, email: { type: string }, password: { type: string } } } } } } } }, responses: { '201': { $ref: '#/components/responses/User' } } } }
  /user:
    get: { security: [{ Token: [] }], responses: { '200': { $ref: '#/components/responses/User' } } }
    put: { security: [{ Token: [] }], requestBody: { content: { application/json: { schema: { type: object, properties: { user: { type: object, properties: { bio: { type: string } } } } } } } }, responses: { '200': { $ref: '#/components/responses/User' } } }
  /profiles/{username}:
    get: { parameters: [{ name: username, in: path, required: true, schema: { type: string } }], responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { profile: { type: object, properties: { username: { type: string }, bio: { type: string } } } } } } } } } }
  /profiles/{username}/follow:
    post: { security: [{ Token: [] }], parameters: [{ name: username, in: path, required: true, schema: { type: string } }], responses: { '200': { description: ok } } }
  /articles:
    get: { parameters: [{ name: author, in: query, schema: { type: string } }, { name: tag, in: query, schema: { type: string } }], responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { articles: { type: array, items: { $ref: '#/components/schemas/Article' } }, articlesCount: { type: integer } } } } } } } }
    post: { security: [{ Token: [] }], requestBody: { content: { application/json: { schema: { type: object, properties: { article: { type: object, required: [title], properties: { title: { type: string }, tagList: { type: array, items: { type: string } } } } } } } } }, responses: { '201': { $ref: '#/components/responses/Article' } } }
  /articles/{slug}:
    get: { parameters: [{ name: slug, in: path, required: true, schema: { type: string } }], responses: { '200': { $ref: '#/components/responses/Article' } } }
    put: { security: [{ Token: [] }], parameters: [{ name: slug, in: path, required: true, schema: { type: string } }], requestBody: { content: { application/json: { schema: { type: object } } } }, responses: { '200': { $ref: '#/components/responses/Article' } } }
    delete: { security: [{ Token: [] }], parameters: [{ name: slug, in: path, required: true, schema: { type: string } }], responses: { '200': { description: ok } } }
  /articles/{slug}/comments:
    get: { parameters: [{ name: slug, in: path, required: true, schema: { type: string } }], responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { comments: { type: array, items: { $ref: '#/components/schemas/Comment' } } } } } } } } }
    post: { security: [{ Token: [] }], parameters: [{ name: slug, in: path, required: true, schema: { type: string } }], requestBody: { content: { application/json: { schema: { type: object, properties: { comment: { type: object, properties: { body: { type: string } } } } } } } }, responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { comment: { $ref: '#/components/schemas/Comment' } } } } } } } }
  /articles/{slug}/comments/{id}:
    delete: { security: [{ Token: [] }], parameters: [{ name: slug, in: path, required: true, schema: { type: string } }, { name: id, in: path, required: true, schema: { type: integer } }], responses: { '200': { description: ok } } }
  /articles/{slug}/favorite:
    post: { security: [{ Token: [] }], parameters: [{ name: slug, in: path, required: true, schema: { type: string } }], responses: { '200': { $ref: '#/components/responses/Article' } } }
components:
  securitySchemes: { Token: { type: apiKey, in: header, name: Authorization, description: "Prefix the value with the word Token, as in 'Token xxxxxx.yyyyyy'" } }
  responses:
    User: { description: ok, content: { application/json: { schema: { type: object, properties: { user: { type: object, properties: { email: { type: string }, token: { type: string }, username: { type: string } } } } } } } }
    Article: { description: ok, content: { application/json: { schema: { type: object, properties: { article: { $ref: '#/components/schemas/Article' } } } } } }
  schemas:
    LoginUser: { type: object, required: [email, password], properties: { email: { type: string }, password: { type: string, format: password } } }
    Article: { type: object, properties: { slug: { type: string }, title: { type: string }, author: { type: object, properties: { username: { type: string } } } } }
    Comment: { type: object, properties: { id: { type: integer }, body: { type: string }, author: { type: object, properties: { username: { type: string } } } } }
`

/** JSON:API: types, attributes, relationships. */
export const JSON_API = `
openapi: 3.1.0
info: { title: JSON API, version: '1' }
security: [{ oauth: [] }]
paths:
  /api/v1/work-orders:
    get: { responses: { '200': { description: ok, content: { application/vnd.api+json: { schema: { type: object, properties: { data: { type: array, items: { $ref: '#/components/schemas/WorkOrder' } }, links: { type: object }, meta: { type: object } } } } } } } }
    post: { requestBody: { content: { application/vnd.api+json: { schema: { type: object, properties: { data: { type: object, properties: { type: { const: work-orders }, attributes: { type: object, properties: { note: { type: string } } }, relationships: { type: object, properties: { owner: { type: object, properties: { data: { type: object, properties: { type: { const: users }, id: { type: string } } } } }, depot: { type: object, properties: { data: { type: object, properties: { type: { const: depots }, id: { type: string } } } } } } } } } } } } } }, responses: { '201': { $ref: '#/components/responses/WorkOrder' } } }
  /api/v1/work-orders/{work_order_id}:
    parameters: [{ name: work_order_id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { $ref: '#/components/responses/WorkOrder' } } }
    patch: { requestBody: { content: { application/vnd.api+json: { schema: { type: object } } } }, responses: { '200': { $ref: '#/components/responses/WorkOrder' } } }
  /api/v1/depots/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: ok } } }
  /api/v1/oauth/token:
    post: { security: [], requestBody: { content: { application/x-www-form-urlencoded: { schema: { type: object, required: [grant_type, username, password], properties: { grant_type: { type: string }, username: { type: string }, password: { type: string } } } } } }, responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { token_type: { type: string }, access_token: { type: string }, refresh_token: { type: string } } } } } } } }
components:
  securitySchemes: { oauth: { type: oauth2, flows: { password: { tokenUrl: /api/v1/oauth/token, scopes: {} } } } }
  responses: { WorkOrder: { description: ok, content: { application/vnd.api+json: { schema: { type: object, properties: { data: { $ref: '#/components/schemas/WorkOrder' } } } } } } }
  schemas: { WorkOrder: { type: object, properties: { type: { type: string }, id: { type: string }, attributes: { type: object, properties: { note: { type: string } } }, relationships: { type: object, properties: { owner: { type: object, properties: { data: { type: object, properties: { type: { type: string }, id: { type: string } } } } } } } } } }
`

/** Integer ids, `{ ok, item }`, users above everything, no schemes but 401s, roles in words. */
export const ENVELOPE = `
openapi: 3.0.3
info: { title: Envelope, version: '1' }
paths:
  /auth/sign-in: { post: { requestBody: { content: { application/json: { schema: { type: object, required: [login, passwd], properties: { login: { type: string }, passwd: { type: string } } } } } }, responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { ok: { type: boolean }, data: { type: object, properties: { accessToken: { type: string }, expires: { type: integer } } } } } } } } } } }
  /auth/sign-out: { post: { responses: { '200': { description: ok }, '401': { description: no } } } }
  /auth/password/change: { post: { requestBody: { content: { application/json: { schema: { type: object, properties: { oldPassword: { type: string }, newPassword: { type: string } } } } } }, responses: { '200': { description: ok }, '401': { description: no } } } }
  /auth/password/forgot: { post: { requestBody: { content: { application/json: { schema: { type: object, properties: { email: { type: string } } } } } }, responses: { '200': { description: ok } } } }
  /auth/password/reset: { post: { requestBody: { content: { application/json: { schema: { type: object, properties: { token: { type: string }, password: { type: string } } } } } }, responses: { '200': { description: ok } } } }
  /users/{userId}/orders:
    parameters: [{ name: userId, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { ok: { type: boolean }, items: { type: array, items: { $ref: '#/components/schemas/Order' } } } } } } }, '401': { description: no } } }
    post: { requestBody: { content: { application/json: { schema: { type: object, required: [lines], properties: { lines: { type: array, items: { type: object, properties: { product_id: { type: integer }, quantity: { type: integer } } } }, note: { type: string } } } } } }, responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { ok: { type: boolean }, item: { $ref: '#/components/schemas/Order' } } } } } } } }
  /users/{userId}/orders/{orderId}:
    parameters: [{ name: userId, in: path, required: true, schema: { type: integer } }, { name: orderId, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { ok: { type: boolean }, item: { $ref: '#/components/schemas/Order' } } } } } }, '401': { description: no } } }
  /users/{userId}/orders/{orderId}/receipt.pdf:
    parameters: [{ name: userId, in: path, required: true, schema: { type: integer } }, { name: orderId, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { description: ok, content: { application/pdf: { schema: { type: string, format: binary } } } }, '401': { description: no } } }
  /orders/merge: { post: { requestBody: { content: { application/json: { schema: { type: object, properties: { orderIds: { type: array, items: { type: integer } } } } } } }, responses: { '200': { description: ok } } } }
  /products: { get: { summary: Browse the catalogue, responses: { '200': { description: ok, content: { application/json: { schema: { type: array, items: { type: object, properties: { id: { type: integer }, price: { type: number } } } } } } }, '401': { description: no } } }, post: { summary: 'Add a product (administrators)', description: Requires the admin role., responses: { '201': { description: ok } } } }
  /products/{productId}: { get: { parameters: [{ name: productId, in: path, required: true, schema: { type: integer } }], responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { id: { type: integer } } } } } }, '401': { description: no } } } }
components:
  schemas: { Order: { type: object, properties: { order_id: { type: integer }, customer: { type: object, properties: { id: { type: integer } } }, note: { type: string } } } }
`

/** Everything below an organisation; some of it in a header. */
export const TENANTS = `
openapi: 3.1.0
info: { title: Tenants, version: '1' }
security: [{ jwt: [] }]
paths:
  /orgs/{orgSlug}/projects:
    parameters: [{ name: orgSlug, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { projects: { type: array, items: { $ref: '#/components/schemas/Project' } } } } } } } } }
    post: { requestBody: { content: { application/json: { schema: { type: object, properties: { name: { type: string } } } } } }, responses: { '201': { description: ok, content: { application/json: { schema: { $ref: '#/components/schemas/Project' } } } } } }
  /orgs/{orgSlug}/projects/{projectId}:
    parameters: [{ name: orgSlug, in: path, required: true, schema: { type: string } }, { name: projectId, in: path, required: true, schema: { type: string, format: uuid } }]
    get: { responses: { '200': { description: ok, content: { application/json: { schema: { $ref: '#/components/schemas/Project' } } } } } }
    delete: { tags: [Admin], responses: { '204': { description: gone } } }
  /reports:
    parameters: [{ name: X-Workspace-Id, in: header, required: true, schema: { type: string } }]
    get: { parameters: [{ name: accountId, in: query, schema: { type: string } }], responses: { '200': { description: ok, content: { application/json: { schema: { type: array, items: { type: object, properties: { _id: { type: string }, workspaceId: { type: string } } } } } } } } }
  /reports/{reportId}:
    parameters: [{ name: reportId, in: path, required: true, schema: { type: string } }, { name: X-Workspace-Id, in: header, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { _id: { type: string }, workspaceId: { type: string }, createdBy: { type: string } } } } } } } }
  /internal/stats: { get: { responses: { '200': { description: ok } } } }
  /admin/orgs: { get: { security: [{ jwt: ['orgs:admin'] }], responses: { '200': { description: ok } } } }
  /me: { get: { responses: { '200': { description: ok } } } }
components:
  securitySchemes: { jwt: { type: http, scheme: bearer } }
  schemas: { Project: { type: object, properties: { id: { type: string }, orgId: { type: string }, ownerId: { type: string }, name: { type: string } } } }
`

/** A session in a cookie, forms, a CSRF header. */
export const COOKIES = `
openapi: 3.0.0
info: { title: Cookies, version: '1' }
security: [{ session: [] }]
paths:
  /session:
    post: { security: [], requestBody: { content: { application/x-www-form-urlencoded: { schema: { type: object, properties: { email: { type: string }, password: { type: string }, remember: { type: boolean } } } } } }, responses: { '303': { description: in }, '204': { description: in, headers: { Set-Cookie: { schema: { type: string } } } } } }
    delete: { responses: { '204': { description: out } } }
  /account: { get: { responses: { '200': { description: ok } } } }
  /documents:
    get: { summary: Lists your documents, responses: { '200': { description: ok, content: { application/json: { schema: { type: array, items: { type: object, properties: { key: { type: string } } } } } } } } }
    post: { parameters: [{ name: X-CSRF-Token, in: header, required: true, schema: { type: string } }], requestBody: { content: { multipart/form-data: { schema: { type: object, properties: { file: { type: string, format: binary }, title: { type: string } } } } } }, responses: { '201': { description: ok } } }
  /documents/{key}:
    parameters: [{ name: key, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: ok } } }
    delete: { responses: { '204': { description: ok } } }
  /documents/{key}/download: { get: { parameters: [{ name: key, in: path, required: true, schema: { type: string } }], responses: { '200': { description: ok, content: { application/octet-stream: { schema: { type: string, format: binary } } } } } } }
  /public/pages/{page}: { get: { security: [], parameters: [{ name: page, in: path, required: true, schema: { type: string } }], responses: { '200': { description: ok } } } }
  /webhooks/payments: { post: { security: [], parameters: [{ name: X-Signature, in: header, required: true, schema: { type: string } }], requestBody: { content: { application/json: { schema: { type: object } } } }, responses: { '204': { description: ok } } } }
components: { securitySchemes: { session: { type: apiKey, in: cookie, name: sid } } }
`

/** An API key in a header, an admin's key, ids in queries. */
export const KEYS = `
openapi: 3.0.0
info: { title: Keys, version: '1' }
security: [{ key: [] }]
paths:
  /v2/device: { get: { parameters: [{ name: id, in: query, required: true, schema: { type: integer } }], responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { id: { type: integer }, owner_id: { type: integer } } } } } } } } }
  /v2/devices: { get: { parameters: [{ name: owner_id, in: query, schema: { type: integer } }], responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { result: { type: array, items: { type: object, properties: { id: { type: integer } } } } } } } } } } } }
  /v2/telemetry: { post: { requestBody: { content: { application/json: { schema: { type: object, properties: { device_id: { type: integer }, readings: { type: array, items: { type: object, properties: { value: { type: number } } } } } } } } }, responses: { '202': { description: ok } } } }
  /v2/reports/{year}/{month}: { get: { parameters: [{ name: year, in: path, required: true, schema: { type: integer } }, { name: month, in: path, required: true, schema: { type: integer } }], responses: { '200': { description: ok } } } }
  /v2/keys: { get: { security: [{ adminKey: [] }], responses: { '200': { description: ok } } } }
components: { securitySchemes: { key: { type: apiKey, in: header, name: X-Api-Key }, adminKey: { type: apiKey, in: header, name: X-Admin-Key } } }
`

/** Calls by POST: the verb is in the path, the id in the body. */
export const CALLS = `
openapi: 3.1.0
info: { title: Calls, version: '1' }
security: [{ bearer: [] }]
paths:
  /rpc/invoices.list: { post: { requestBody: { content: { application/json: { schema: { type: object, properties: { customerId: { type: string } } } } } }, responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { result: { type: object, properties: { invoices: { type: array, items: { type: object, properties: { invoiceId: { type: string } } } } } } } } } } } } } }
  /rpc/invoices.get: { post: { requestBody: { content: { application/json: { schema: { type: object, required: [invoiceId], properties: { invoiceId: { type: string } } } } } }, responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { result: { type: object, properties: { invoiceId: { type: string }, userId: { type: string } } } } } } } } } } }
  /rpc/invoices.create: { post: { requestBody: { content: { application/json: { schema: { type: object, properties: { text: { type: string } } } } } }, responses: { '200': { description: ok, content: { application/json: { schema: { type: object, properties: { result: { type: object, properties: { invoiceId: { type: string } } } } } } } } } } }
  /rpc/deleteInvoice: { post: { requestBody: { content: { application/json: { schema: { type: object, properties: { id: { type: string } } } } } }, responses: { '200': { description: ok } } } }
  /rpc/sendReminder: { post: { requestBody: { content: { application/json: { schema: { type: object, properties: { invoiceIds: { type: array, items: { type: string } } } } } } }, responses: { '200': { description: ok } } } }
components: { securitySchemes: { bearer: { type: http, scheme: bearer } } }
`

/** Swagger 2.0, singular collections, updates by PUT with the id in the body. */
export const SWAGGER = `
swagger: '2.0'
info: { title: Store, version: '1' }
basePath: /v2
consumes: [application/json]
produces: [application/json]
securityDefinitions: { key: { type: apiKey, in: header, name: api_key } }
security: [{ key: [] }]
paths:
  /pet:
    post: { parameters: [{ name: body, in: body, schema: { $ref: '#/definitions/Pet' } }], responses: { 200: { description: ok, schema: { $ref: '#/definitions/Pet' } } } }
    put: { parameters: [{ name: body, in: body, schema: { $ref: '#/definitions/Pet' } }], responses: { 200: { description: ok, schema: { $ref: '#/definitions/Pet' } } } }
  /pet/findByStatus: { get: { security: [], parameters: [{ name: status, in: query, type: string }], responses: { 200: { description: ok, schema: { type: array, items: { $ref: '#/definitions/Pet' } } } } } }
  /pet/{petId}:
    get: { parameters: [{ name: petId, in: path, required: true, type: integer }], responses: { 200: { description: ok, schema: { $ref: '#/definitions/Pet' } } } }
    post: { parameters: [{ name: petId, in: path, required: true, type: integer }, { name: name, in: formData, type: string }], responses: { 405: { description: no } } }
  /store/order/{orderId}: { get: { parameters: [{ name: orderId, in: path, required: true, type: integer }], responses: { 200: { description: ok, schema: { type: object, properties: { id: { type: integer }, petId: { type: integer } } } } } } }
definitions: { Pet: { type: object, required: [name], properties: { id: { type: integer }, name: { type: string } } } }
`
