// Decisions and withdrawals without a reload. A card is one take; they count for each of its renditions.
'use strict'

document.documentElement.classList.add('scripted')

// who signed in shows with every change that it comes from a page of this session
const proof = { 'X-CSRF-Token': document.querySelector('meta[name=csrf]')?.content ?? '' }

const by = document.getElementById('by')
if (by) {
  by.value = localStorage.getItem('by') ?? ''
  by.addEventListener('change', () => localStorage.setItem('by', by.value.trim()))
}

async function said(answer) {
  const { detail } = await answer.json().catch(() => ({})) // a proxy in between speaks HTML
  return detail ?? `The store could not be asked (${answer.status}). Try again.`
}

async function decide(card, decision, why) {
  const body = JSON.stringify({ decision, why, by: by?.value.trim() ?? '' })
  let taken = 0
  let trouble = ''
  for (const clip of card.dataset.clips.split(' ')) {
    const answer = await fetch(`${clip}/decisions`, { method: 'POST', headers: { ...proof, 'Content-Type': 'application/json' }, body })
    if (answer.ok) taken += 1
    else if (answer.status !== 409) trouble = await said(answer) // 409: this rendition is there already
    else trouble ||= taken ? '' : await said(answer)
  }
  if (trouble && !taken) throw new Error(trouble)
  show(card, decision, why)
}

// A rendition may have come since the page was made: it goes too.
async function clipsOf(card) {
  const { tweet, take } = card.dataset
  const clips = new Set(card.dataset.clips.split(' '))
  const answer = await fetch(`/clips/${tweet}`)
  if (!answer.ok && answer.status !== 404) throw new Error(await said(answer)) // 404: none is left
  for (const clip of answer.ok ? (await answer.json()).clips : []) {
    if (take && clip.take === take) clips.add(`/clips/${tweet}/${clip.sha256}`)
  }
  return [...clips]
}

async function withdraw(card) {
  for (const clip of await clipsOf(card)) {
    const answer = await fetch(clip, { method: 'DELETE', headers: proof })
    if (!answer.ok) throw new Error(`Not all of it is withdrawn; try again. ${await said(answer)}`)
  }
  showGone(card)
}

function showGone(card) {
  const gone = document.createElement('p')
  gone.className = 'unseen'
  gone.tabIndex = -1
  gone.textContent = 'Withdrawn: its bytes are deleted, and the store refuses them for ever.'
  card.querySelector('video, .unseen').replaceWith(gone)
  show(card, 'withdrawn', '')
  for (const rest of card.querySelectorAll('.files, [data-decide]')) rest.remove()
  gone.focus()
}

function show(card, decision, why) {
  for (const mark of card.querySelectorAll('.files .decision')) mark.remove()
  const mark = card.querySelector('[data-decision]')
  mark.textContent = decision
  mark.className = `decision ${decision}`
  const reason = card.querySelector('[data-why]')
  reason.textContent = why
  reason.hidden = !why
  for (const button of card.querySelectorAll('.decide > button:not([name=withdraw])')) {
    button.hidden = decision === 'posted' || button.name === decision || (button.name === 'posted' && decision !== 'approved')
  }
}

for (const form of document.querySelectorAll('[data-decide]')) {
  const card = form.closest('.take')
  const reason = form.querySelector('.reason')
  const trouble = form.querySelector('.trouble')
  const asking = form.querySelector('.confirm')
  const opener = form.elements.withdraw

  async function attempt(action, failed) {
    const buttons = form.querySelectorAll('button')
    const pressed = document.activeElement // disabling it takes the focus away
    for (const button of buttons) button.disabled = true
    trouble.hidden = true
    let done = false
    try {
      await action()
      done = true
    } catch (error) {
      trouble.textContent = error instanceof TypeError ? failed : error.message
      trouble.hidden = false
    } finally {
      for (const button of buttons) button.disabled = false
      if (done) form.reset()
      else pressed?.focus()
    }
  }

  function send(decision, why = '') {
    attempt(() => decide(card, decision, why), 'The store can’t be reached; nothing was decided. Try again.')
  }

  form.addEventListener('click', (event) => {
    const { name } = event.target
    if (name === 'retake') {
      form.reset()
      reason.hidden = false
      form.elements.why.focus()
    } else if (name === 'withdraw') {
      form.reset()
      asking.hidden = false
      opener.setAttribute('aria-expanded', 'true')
      asking.querySelector('button').focus() // the one that does no harm
    } else if (name === 'withdrawn') {
      attempt(() => withdraw(card), 'The store can’t be reached; it is not sure that all of it is withdrawn. Try again.')
    } else if (event.target.matches('.decide > button')) send(name)
  })
  form.addEventListener('reset', () => {
    if (asking.contains(document.activeElement)) opener.focus()
    reason.hidden = true
    asking.hidden = true
    opener.setAttribute('aria-expanded', 'false')
  })
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') form.reset()
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (form.elements.why.value.trim()) send('retake', form.elements.why.value.trim())
    else form.elements.why.focus()
  })
}
