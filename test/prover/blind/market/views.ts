import type { Address, Conversation, Coupon, Draft, Listing, Member, Message, Order, Rating, Store } from './model.ts'

export function brief(store: Store, memberId: string) {
  const member = store.members.get(memberId)
  return { id: memberId, handle: member?.handle ?? 'gone', verified: member?.verified ?? false }
}

export function ratingAverage(store: Store, memberId: string): number | null {
  const stars = [...store.ratings.values()].filter((rating) => rating.sellerId === memberId).map(({ stars }) => stars)
  if (stars.length === 0) return null
  return Math.round((stars.reduce((sum, value) => sum + value, 0) / stars.length) * 10) / 10
}

export function profile(store: Store, member: Member) {
  return {
    id: member.id,
    handle: member.handle,
    displayName: member.displayName,
    bio: member.bio,
    verified: member.verified,
    ratingAverage: ratingAverage(store, member.id),
    memberSince: member.createdAt.slice(0, 10),
  }
}

export function ownAccount(member: Member) {
  return {
    id: member.id,
    handle: member.handle,
    email: member.email,
    displayName: member.displayName,
    bio: member.bio,
    phone: member.phone,
    role: member.role,
    verified: member.verified,
    feePercent: member.feePercent,
    createdAt: member.createdAt,
  }
}

export function accountForStaff(member: Member) {
  return { ...ownAccount(member), status: member.status, balanceCents: member.balanceCents }
}

export function listing(store: Store, item: Listing) {
  return {
    id: item.id,
    title: item.title,
    description: item.description,
    category: item.category,
    condition: item.condition,
    priceCents: item.priceCents,
    status: item.status,
    featured: item.featured,
    seller: brief(store, item.sellerId),
    images: item.images.map(({ id, contentType, data }) => ({ id, contentType, sizeBytes: data.length })),
    createdAt: item.createdAt,
  }
}

export function ownListing(store: Store, item: Listing) {
  return { ...listing(store, item), reservePriceCents: item.reservePriceCents, hidden: item.hidden }
}

export function draft(item: Draft) {
  return {
    id: item.id,
    title: item.title,
    description: item.description ?? null,
    category: item.category ?? null,
    condition: item.condition ?? null,
    priceCents: item.priceCents ?? null,
    reservePriceCents: item.reservePriceCents ?? null,
    note: item.note,
    updatedAt: item.updatedAt,
  }
}

export function address({ id, label, recipient, street, postcode, city, country }: Address) {
  return { id, label, recipient, street, postcode, city, country }
}

export function order(store: Store, item: Order) {
  return {
    id: item.id,
    listingId: item.listingId,
    title: item.title,
    buyer: brief(store, item.buyerId),
    seller: brief(store, item.sellerId),
    totalCents: item.totalCents,
    status: item.status,
    shipTo: item.shipTo,
    note: item.note,
    trackingCode: item.trackingCode,
    placedAt: item.placedAt,
  }
}

export function conversation(store: Store, item: Conversation) {
  return {
    id: item.id,
    listingId: item.listingId,
    buyer: brief(store, item.buyerId),
    seller: brief(store, item.sellerId),
    createdAt: item.createdAt,
  }
}

export function message(store: Store, item: Message) {
  return { id: item.id, sender: brief(store, item.senderId), text: item.text, sentAt: item.sentAt }
}

export function coupon({ id, label, valueCents, redeemedAt }: Coupon) {
  return { id, label, valueCents, redeemedAt }
}

export function rating(store: Store, item: Rating) {
  return {
    id: item.id,
    author: brief(store, item.authorId),
    stars: item.stars,
    comment: item.comment,
    createdAt: item.createdAt,
  }
}
