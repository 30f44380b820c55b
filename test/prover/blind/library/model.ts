export type Role = 'member' | 'teacher' | 'librarian' | 'admin'
export type Branch = 'north' | 'harbour' | 'central'

export interface Member {
  readonly id: string
  readonly email: string
  name: string
  phone: string | null
  address: string | null
  readonly cardNumber: string
  readonly branch: Branch
  role: Role
  status: 'active' | 'suspended'
  staffNote: string | null
  creditCents: number
  readonly joinedOn: string
  passwordHash: string
  /** Raised at each change of password: tokens of an older version are dead. */
  tokenVersion: number
  notifications: { email: boolean; sms: boolean; dueReminderDays: number }
}

export interface Book {
  readonly id: number
  readonly isbn: string
  title: string
  author: string
  year: number
  subject: string
  copies: number
  available: number
  coverId: string | null
}

export interface Review {
  readonly id: number
  readonly bookId: number
  readonly memberId: string
  rating: number
  text: string
  readonly writtenAt: string
}

export interface Loan {
  readonly id: number
  readonly memberId: string
  readonly bookId: number
  readonly borrowedOn: string
  dueOn: string
  renewals: number
  returnedOn: string | null
}

export interface Hold {
  readonly id: number
  readonly memberId: string
  readonly bookId: number
  readonly placedOn: string
  pickupBranch: Branch
  expiresOn: string
  position: number
}

export interface Fine {
  readonly id: number
  readonly memberId: string
  readonly loanId: number
  readonly amountCents: number
  readonly reason: string
  status: 'open' | 'paid' | 'waived'
  paidCents: number
  pendingReference: string | null
}

export interface Voucher {
  readonly code: string
  readonly memberId: string
  readonly valueCents: number
  redeemedAt: string | null
}

export interface Course {
  readonly slug: string
  title: string
  description: string
  capacity: number
  readonly teacherId: string
}

export interface Enrolment {
  readonly id: number
  readonly courseSlug: string
  readonly memberId: string
  readonly enrolledOn: string
  grade: { score: number; comment: string } | null
}

export interface Share {
  readonly id: string
  readonly email: string
  readonly canEdit: boolean
}

export interface ReadingList {
  readonly id: string
  readonly ownerId: string
  title: string
  description: string | null
  bookIds: number[]
  shares: Share[]
}

export interface Cover {
  readonly id: string
  readonly bookId: number
  readonly contentType: string
  readonly data: Buffer
}

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly sentAt: string
}

export interface ResetCode {
  readonly code: string
  readonly expiresAt: number
  attempts: number
}

export interface FineRules {
  centsPerDay: number
  maximumCents: number
  graceDays: number
}

export interface Store {
  readonly members: Map<string, Member>
  readonly books: Map<number, Book>
  readonly reviews: Map<number, Review>
  readonly loans: Map<number, Loan>
  readonly holds: Map<number, Hold>
  readonly fines: Map<number, Fine>
  readonly vouchers: Map<string, Voucher>
  readonly courses: Map<string, Course>
  readonly enrolments: Map<number, Enrolment>
  readonly lists: Map<string, ReadingList>
  readonly covers: Map<string, Cover>
  readonly resetCodes: Map<string, ResetCode>
  /** Token id to the second at which it expires anyway. */
  readonly revokedTokens: Map<string, number>
  readonly seenEvents: Set<string>
  readonly outbox: Mail[]
  readonly audit: { at: string; actor: string; action: string }[]
  fineRules: FineRules
  nextId: number
}

export interface Context {
  readonly store: Store
  readonly faults: ReadonlySet<string>
  readonly tokenSecret: string
  readonly webhookSecret: string
}

export function day(offset = 0): string {
  return new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
}

export function sendMail(store: Store, to: string, subject: string, text: string): void {
  store.outbox.push({ to, subject, text, sentAt: new Date().toISOString() })
  if (store.outbox.length > 500) store.outbox.shift()
}

export function note(store: Store, actor: Member, action: string): void {
  store.audit.push({ at: new Date().toISOString(), actor: actor.email, action })
  if (store.audit.length > 1000) store.audit.shift()
}

export function memberByEmail(store: Store, email: string): Member | undefined {
  const wanted = email.toLowerCase()
  for (const member of store.members.values()) if (member.email === wanted) return member
  return undefined
}

/** Staff look after the members and teachers of their own branch; an administrator after everybody. */
export function isStaffFor(actor: Member, member: Member | undefined): boolean {
  if (actor.role === 'admin') return true
  return (
    actor.role === 'librarian' &&
    member !== undefined &&
    member.branch === actor.branch &&
    (member.role === 'member' || member.role === 'teacher')
  )
}
