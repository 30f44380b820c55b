import { randomInt } from 'node:crypto'

export interface Member {
  readonly id: string
  readonly handle: string
  readonly email: string
  passwordHash: string
  displayName: string
  bio: string
  phone: string | null
  role: 'user' | 'admin'
  status: 'active' | 'suspended'
  verified: boolean
  feePercent: number
  balanceCents: number
  readonly createdAt: string
}

export interface Session {
  readonly id: string
  readonly memberId: string
  readonly csrfToken: string
  readonly expires: number
}

export interface Image {
  readonly id: string
  readonly contentType: string
  readonly data: Buffer
}

export interface ListingText {
  title: string
  description: string
  category: string
  condition: string
  priceCents: number
  reservePriceCents: number | null
}

export interface Listing extends ListingText {
  readonly id: string
  readonly sellerId: string
  status: 'active' | 'sold'
  hidden: boolean
  featured: boolean
  images: Image[]
  readonly createdAt: string
}

export interface Draft extends Partial<ListingText> {
  readonly id: string
  readonly ownerId: string
  title: string
  note: string
  updatedAt: string
}

export interface Address {
  readonly id: string
  readonly ownerId: string
  label: string
  recipient: string
  street: string
  postcode: string
  city: string
  country: string
}

export type OrderStatus = 'paid' | 'shipped' | 'delivered' | 'cancelled' | 'refunded'

export interface Order {
  readonly id: string
  readonly listingId: string
  readonly title: string
  readonly buyerId: string
  readonly sellerId: string
  readonly totalCents: number
  readonly shipTo: Omit<Address, 'id' | 'ownerId' | 'label'>
  readonly note: string
  status: OrderStatus
  trackingCode: string | null
  rated: boolean
  readonly placedAt: string
}

export interface Conversation {
  readonly id: string
  readonly listingId: string
  readonly buyerId: string
  readonly sellerId: string
  readonly createdAt: string
}

export interface Message {
  readonly id: string
  readonly conversationId: string
  readonly senderId: string
  readonly text: string
  readonly sentAt: string
}

export interface Coupon {
  readonly id: string
  readonly ownerId: string
  readonly label: string
  readonly valueCents: number
  redeemedAt: string | null
}

export interface WalletEntry {
  readonly id: string
  readonly ownerId: string
  readonly kind: 'opening' | 'purchase' | 'sale' | 'refund' | 'coupon' | 'transfer'
  readonly amountCents: number
  readonly memo: string
  readonly bookedAt: string
}

export interface Rating {
  readonly id: string
  readonly orderId: string
  readonly sellerId: string
  readonly authorId: string
  stars: number
  comment: string
  readonly createdAt: string
}

export interface Report {
  readonly id: string
  readonly listingId: string
  readonly reporterId: string
  readonly reason: string
  readonly details: string
  state: 'open' | 'closed'
  readonly createdAt: string
}

export interface PhoneCheck {
  readonly phone: string
  readonly code: string
  attemptsLeft: number
}

export interface Store {
  readonly members: Map<string, Member>
  readonly sessions: Map<string, Session>
  readonly listings: Map<string, Listing>
  readonly drafts: Map<string, Draft>
  readonly addresses: Map<string, Address>
  readonly orders: Map<string, Order>
  readonly conversations: Map<string, Conversation>
  readonly messages: Map<string, Message>
  readonly coupons: Map<string, Coupon>
  readonly entries: Map<string, WalletEntry>
  readonly ratings: Map<string, Rating>
  readonly reports: Map<string, Report>
  readonly phoneChecks: Map<string, PhoneCheck>
  /** Token to mail address, for sign-ups and for forgotten passwords. */
  readonly signUps: Map<string, string>
  readonly resets: Map<string, string>
  /** Carrier events already handled. */
  readonly carrierEvents: Set<string>
}

export function createStore(): Store {
  return {
    members: new Map(),
    sessions: new Map(),
    listings: new Map(),
    drafts: new Map(),
    addresses: new Map(),
    orders: new Map(),
    conversations: new Map(),
    messages: new Map(),
    coupons: new Map(),
    entries: new Map(),
    ratings: new Map(),
    reports: new Map(),
    phoneChecks: new Map(),
    signUps: new Map(),
    resets: new Map(),
    carrierEvents: new Set(),
  }
}

export const categories = [
  'bicycles',
  'books',
  'clothing',
  'electronics',
  'furniture',
  'music',
  'tools',
  'toys',
] as const
export const conditions = ['new', 'like-new', 'good', 'worn'] as const
export const shippingCents = 490

const digits = '0123456789abcdefghijklmnopqrstuvwxyz'

export function newId(prefix: string): string {
  return `${prefix}_${Array.from({ length: 8 }, () => digits[randomInt(36)]).join('')}`
}

export function now(): string {
  return new Date().toISOString()
}

export function memberByEmail(store: Store, email: string): Member | undefined {
  return [...store.members.values()].find((member) => member.email === email)
}

export function book(store: Store, member: Member, kind: WalletEntry['kind'], amountCents: number, memo: string) {
  member.balanceCents += amountCents
  const entry: WalletEntry = { id: newId('wen'), ownerId: member.id, kind, amountCents, memo, bookedAt: now() }
  store.entries.set(entry.id, entry)
  return entry
}

/** The order has arrived: the seller gets the money, less the fee. */
export function deliver(store: Store, order: Order): void {
  order.status = 'delivered'
  const seller = store.members.get(order.sellerId)
  if (seller !== undefined) book(store, seller, 'sale', proceeds(seller, order), `Sale ${order.id}`)
}

export function proceeds(seller: Member, order: Order): number {
  return order.totalCents - Math.round((order.totalCents * seller.feePercent) / 100)
}

/** Keeps a map of short-lived things from growing without end. */
export function trim<V>(map: Map<string, V>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return
    map.delete(key)
  }
}
