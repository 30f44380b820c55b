// A small shop as many are written: plain Express, nothing of Turnpike. It has four faults.
import { randomBytes, randomUUID, scryptSync, timingSafeEqual } from 'node:crypto'
import express from 'express'
import helmet from 'helmet'
import jwt from 'jsonwebtoken'

const KEY = randomBytes(32)
const users = new Map()
const orders = new Map()

const hash = (password, salt) => scryptSync(password, salt, 32, { N: 1024 })
const nobody = { salt: randomBytes(16), hash: randomBytes(32) }
const shown = ({ id, email, role }) => ({ id, email, role })
const isText = (value, most) => typeof value === 'string' && value !== '' && value.length <= most

const app = express()
app.use(helmet(), express.json({ limit: '10kb' }))
app.use((_request, response, next) => {
  response.set('Cache-Control', 'no-store')
  next()
})

app.post('/signup', (request, response) => {
  const { email, password, ...rest } = request.body ?? {}
  if (!isText(email, 100) || !isText(password, 100)) return response.status(400).json({ error: 'email and password' })
  if (users.has(email)) return response.status(409).json({ error: 'taken' })
  const salt = randomBytes(16)
  const user = { role: 'customer', ...rest, id: randomUUID(), email, salt, hash: hash(password, salt) }
  users.set(email, user)
  response.status(201).json(shown(user))
})

app.post('/login', (request, response) => {
  const { email, password } = request.body ?? {}
  if (!isText(email, 100) || !isText(password, 100)) return response.status(400).json({ error: 'email and password' })
  const user = users.get(email) ?? nobody
  const isRight = timingSafeEqual(hash(password, user.salt), user.hash)
  if (!isRight || user === nobody) return response.status(401).json({ error: 'wrong e-mail or password' })
  response.json({ token: jwt.sign({ email }, KEY, { subject: user.id, expiresIn: '15m', algorithm: 'HS256' }) })
})

app.use((request, response, next) => {
  const token = (request.get('Authorization') ?? '').replace(/^Bearer /, '')
  const claims = jwt.decode(token)
  request.user = users.get(claims?.email)
  if (!request.user) return response.status(401).json({ error: 'sign in first' })
  next()
})

app.get('/me', (request, response) => response.json(shown(request.user)))

app.post('/orders', (request, response) => {
  const { item, note = '' } = request.body ?? {}
  if (!isText(item, 100) || typeof note !== 'string' || note.length > 500)
    return response.status(400).json({ error: 'item and note' })
  const order = { id: randomUUID(), userId: request.user.id, item, note }
  orders.set(order.id, order)
  response.status(201).json(order)
})

app.get('/orders', (request, response) =>
  response.json([...orders.values()].filter(({ userId }) => userId === request.user.id)),
)

app.get('/orders/:id', (request, response) => {
  const order = orders.get(request.params.id)
  if (!order) return response.status(404).json({ error: 'no such order' })
  response.json(order)
})

app.use((_request, response) => response.status(404).json({ error: 'not found' }))
app.use((error, _request, response, _next) => response.status(error.status ?? 500).json({ error: 'not acceptable' }))

const server = app.listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${server.address().port}`),
)
