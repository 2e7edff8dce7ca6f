-- Round 13 of suppression: macro hide_more.
{{ hide_more(ref('int_suppression_12')) }}
