import { hash } from '@node-rs/argon2'
import {
  type Address,
  book,
  categories,
  conditions,
  deliver,
  type Listing,
  type Member,
  newId,
  now,
  type Order,
  type OrderStatus,
  type Store,
  shippingCents,
} from './model.ts'
import { hashing } from './routes/session.ts'

const people = [
  { handle: 'alice', name: 'Alice Arden', password: 'copper-kettle-41', phone: '+4915112345601', city: 'Leipzig' },
  { handle: 'bob', name: 'Bob Becker', password: 'maple-window-72', phone: '+4915112345602', city: 'Bremen' },
  { handle: 'carol', name: 'Carol Conrad', password: 'river-lantern-19', phone: '+4915112345603', city: 'Mainz' },
  { handle: 'erik', name: 'Erik Ernst', password: 'anchor-violet-88', phone: '+4915112345604', city: 'Kiel' },
  { handle: 'dora', name: 'Dora Dietz', password: 'granite-sparrow-63', phone: '+4915112345605', city: 'Köln' },
] as const

const goods = [
  'Touring bicycle',
  'Set of chisels',
  'Record player',
  'Wooden train',
  'Reading lamp',
  'Rain jacket',
  'Desk drawer unit',
  'Film camera',
  'Cookery books',
  'Cordless drill',
  'Acoustic guitar',
  'Garden chairs',
  'Board game',
  'Winter boots',
  'Radio alarm',
  'Bookshelf',
]

const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

function put<T extends { readonly id: string }>(map: Map<string, T>, item: T): T {
  map.set(item.id, item)
  return item
}

function pick<T>(items: readonly T[], index: number): T {
  return items[index % items.length] as T
}

export async function seed(store: Store): Promise<void> {
  const hashes = await Promise.all(people.map(({ password }) => hash(password, hashing)))
  const members = people.map((person, index): Member => {
    const isStaff = person.handle === 'dora'
    const member: Member = {
      id: newId('usr'),
      handle: person.handle,
      email: `${person.handle}@market.example`,
      passwordHash: pick(hashes, index),
      displayName: person.name,
      bio: isStaff ? 'Looks after the market.' : `Sells and buys in ${person.city}.`,
      phone: person.phone,
      role: isStaff ? 'admin' : 'user',
      status: 'active',
      verified: isStaff,
      feePercent: 8,
      balanceCents: 0,
      createdAt: `2024-0${index + 1}-14T09:30:00.000Z`,
    }
    book(store, put(store.members, member), 'opening', 150_000, 'Opening balance')
    return member
  })
  const traders = members.filter(({ role }) => role === 'user')
  for (const member of members) seedAddresses(store, member)
  for (const [index, member] of traders.entries()) seedShop(store, member, index)
  for (const [index, buyer] of traders.entries()) {
    for (const step of [1, 2, 3]) seedTrades(store, buyer, pick(traders, index + step), index * 7 + step)
  }
  for (const [index, member] of traders.entries()) seedExtras(store, member, pick(traders, index + 1))
}

function seedAddresses(store: Store, member: Member): void {
  const city = people.find(({ handle }) => handle === member.handle)?.city ?? 'Ulm'
  for (const [index, label] of ['Home', 'Work', 'Parents'].entries()) {
    put(store.addresses, {
      id: newId('adr'),
      ownerId: member.id,
      label,
      recipient: member.displayName,
      street: `${['Lindenweg', 'Marktgasse', 'Am Anger'][index]} ${index * 7 + member.handle.length}`,
      postcode: `0${4100 + index * 11 + member.handle.length}`,
      city,
      country: 'DE',
    })
  }
}

function addListing(store: Store, seller: Member, index: number, status: Listing['status']): Listing {
  const priceCents = 1500 + ((index * 737) % 60) * 100
  return put(store.listings, {
    id: newId('lst'),
    sellerId: seller.id,
    title: pick(goods, index),
    description: `Used, works well. Collected or sent from ${seller.bio.split(' ').at(-1)}`,
    category: pick(categories, index),
    condition: pick(conditions, index),
    priceCents,
    reservePriceCents: priceCents - 400,
    status,
    hidden: false,
    featured: index % 11 === 0,
    images: [
      { id: newId('img'), contentType: 'image/png', data: dot },
      { id: newId('img'), contentType: 'image/png', data: dot },
    ],
    createdAt: now(),
  })
}

function seedShop(store: Store, member: Member, index: number): void {
  for (let count = 0; count < 16; count += 1) addListing(store, member, index * 5 + count, 'active')
  for (const [count, title] of ['Old piano', 'Moving boxes', 'Grandfather clock'].entries()) {
    put(store.drafts, {
      id: newId('drf'),
      ownerId: member.id,
      title: `${title} of ${member.handle}`,
      description: 'Still to be described.',
      category: pick(categories, count + index),
      condition: 'good',
      priceCents: 12_000 + count * 500,
      reservePriceCents: 9000,
      note: `Only for me: bought for ${20 + count} euros in 2016.`,
      updatedAt: now(),
    })
  }
  for (const [count, label] of ['Welcome', 'Spring sale', 'Thank you', 'Anniversary'].entries()) {
    put(store.coupons, {
      id: newId('cpn'),
      ownerId: member.id,
      label,
      valueCents: 500 + count * 100,
      redeemedAt: null,
    })
  }
}

/** One order in each usual state and a conversation about one of them. */
function seedTrades(store: Store, buyer: Member, seller: Member, index: number): void {
  const home = [...store.addresses.values()].find(({ ownerId }) => ownerId === buyer.id) as Address
  const { recipient, street, postcode, city, country } = home
  const states: readonly OrderStatus[] = ['delivered', 'delivered', 'shipped', 'paid']
  for (const [count, status] of states.entries()) {
    const listing = addListing(store, seller, index * 3 + count, 'sold')
    const order: Order = put(store.orders, {
      id: newId('ord'),
      listingId: listing.id,
      title: listing.title,
      buyerId: buyer.id,
      sellerId: seller.id,
      totalCents: listing.priceCents + shippingCents,
      shipTo: { recipient, street, postcode, city, country },
      note: `Please ring at ${recipient.split(' ').at(-1)}.`,
      status: status === 'paid' ? status : 'shipped',
      trackingCode:
        status === 'paid' ? null : `MKT${String(index).padStart(3, '0')}${count}${newId('trk').slice(4).toUpperCase()}`,
      rated: count === 0,
      placedAt: now(),
    })
    book(store, buyer, 'purchase', -order.totalCents, `Order ${order.id}`)
    if (status === 'delivered') deliver(store, order)
    if (count === 0) {
      put(store.ratings, {
        id: newId('rat'),
        orderId: order.id,
        sellerId: seller.id,
        authorId: buyer.id,
        stars: 3 + (index % 3),
        comment: `${listing.title}: as described.`,
        createdAt: now(),
      })
    }
    if (count === 3) {
      const conversation = put(store.conversations, {
        id: newId('cnv'),
        listingId: listing.id,
        buyerId: buyer.id,
        sellerId: seller.id,
        createdAt: now(),
      })
      for (const [turn, text] of [
        `Hello ${seller.handle}, when will you send it?`,
        `Hello ${buyer.handle}, tomorrow. My number is ${seller.phone}.`,
        'Thank you!',
      ].entries()) {
        put(store.messages, {
          id: newId('msg'),
          conversationId: conversation.id,
          senderId: turn % 2 === 0 ? buyer.id : seller.id,
          text,
          sentAt: now(),
        })
      }
    }
  }
}

function seedExtras(store: Store, member: Member, other: Member): void {
  const listings = [...store.listings.values()].filter(
    ({ sellerId, status }) => sellerId === other.id && status === 'active',
  )
  for (const [count, reason] of ['fraud', 'spam'].entries()) {
    put(store.reports, {
      id: newId('rep'),
      listingId: pick(listings, count).id,
      reporterId: member.id,
      reason,
      details: `${member.displayName} thinks that ${other.handle} does not own this.`,
      state: 'open',
      createdAt: now(),
    })
  }
}
