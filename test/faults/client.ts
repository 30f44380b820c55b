export interface Answer {
  readonly status: number
  readonly requestId: string
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON bodies.
  readonly json: any
}

export interface Sending {
  readonly token?: string
  readonly body?: unknown
  readonly idempotencyKey?: string
}

/** One request. @throws When no whole answer came: then nothing was acknowledged. */
export async function call(url: string, line: `${string} /${string}`, sending: Sending = {}): Promise<Answer> {
  const [method, path] = line.split(' ') as [string, string]
  const headers: Record<string, string> = {}
  if (sending.token !== undefined) headers['authorization'] = `Bearer ${sending.token}`
  if (sending.body !== undefined) headers['content-type'] = 'application/json'
  if (sending.idempotencyKey !== undefined) headers['idempotency-key'] = sending.idempotencyKey
  const body = sending.body === undefined ? null : JSON.stringify(sending.body)
  const reply = await fetch(`${url}${path}`, { method, headers, body })
  const text = await reply.text()
  const requestId = reply.headers.get('x-request-id') ?? ''
  return { status: reply.status, requestId, text, json: text === '' ? null : JSON.parse(text) }
}
