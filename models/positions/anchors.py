"""Anchors: one row per core enterprise that the enterprise supplies, with what it settled and how late. DOMAIN 1.4.

Settled is what arrived on an account for goods in twelve months, never what was invoiced. Lateness is the 75th
percentile by amount of days late on receivables settled within twelve months, or open and due, so that a cut in two
changes nothing; an open one is late by the days so far.
"""

from models.positions.rows import Subject

ANCHORS = Subject(
    needs=("anchor_programme",),
    reads=("payment", "receivable"),
    sql="""
, programmes AS (
  SELECT row, anchor_id, min(contract_days) AS contract_days, max(delay_p75_days) AS reported_p75_days,
    max(payables_fen) AS payables_fen,
    min(coalesce(sublimit_fen, programme_limit_fen - programme_used_fen)) AS sublimit_fen
  FROM anchor_programme_now
  WHERE role = 'supplier' AND (left_on IS NULL OR left_on > {as_of}) GROUP BY ALL
), settled AS (
  SELECT row, counterparty_id, min(paid_on) AS first_on,
    coalesce(sum(amount_fen) FILTER (paid_on > ({as_of} - INTERVAL 12 MONTH)::DATE), 0) AS settled_fen
  FROM payment_now
  WHERE direction = 'received' AND NOT coalesce(returned, false) AND coalesce(purpose, 'goods') = 'goods' GROUP BY ALL
), paying AS (
  SELECT DISTINCT row FROM payment_now
), late AS (
  SELECT row, debtor_id, face_fen, greatest(0, coalesce(least(settled_on, {as_of}), {as_of}) - due_on) AS late
  FROM receivable_now
  WHERE due_on <= {as_of} AND face_fen > 0 AND (settled_on IS NULL OR settled_on > ({as_of} - INTERVAL 12 MONTH)::DATE)
), ranked AS (
  SELECT row, debtor_id, late, sum(face_fen) OVER (PARTITION BY row, debtor_id ORDER BY late
      RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS upto,
    sum(face_fen) OVER (PARTITION BY row, debtor_id) AS whole
  FROM late
), observed AS (
  SELECT row, debtor_id, min(late) AS observed_p75_days FROM ranked WHERE 4 * upto >= 3 * whole GROUP BY ALL
)
SELECT p.row, p.anchor_id, contract_days::DOUBLE AS contract_days, payables_fen::DOUBLE AS payables_fen,
  greatest(0, sublimit_fen)::DOUBLE AS sublimit_fen,
  CASE WHEN y.row IS NOT NULL THEN coalesce(s.settled_fen, 0) END::DOUBLE AS settled_12m_fen,
  CASE WHEN y.row IS NOT NULL THEN coalesce(date_sub('month', s.first_on, {as_of}), 0) END::DOUBLE AS tenure_months,
  CASE WHEN reported_p75_days IS NULL AND observed_p75_days IS NULL THEN NULL
    ELSE greatest(coalesce(reported_p75_days, 0), coalesce(observed_p75_days, 0)) END::DOUBLE AS delay_p75_days
FROM programmes p
LEFT JOIN settled s ON s.row = p.row AND s.counterparty_id = p.anchor_id
LEFT JOIN paying y ON y.row = p.row
LEFT JOIN observed o ON o.row = p.row AND o.debtor_id = p.anchor_id
ORDER BY p.row, p.anchor_id
""",
)
